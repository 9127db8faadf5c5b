import JWTKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Some keys, each for one algorithm.
struct KeySet: Sendable {
    /// What RFC 7518, section 3.2, asks of a secret for HS256.
    static let leastSecretBytes = 32

    struct Key: Sendable {
        let algorithm: String
        let id: String?
        /// A collection that holds this key only. A task, as a collection is an actor and keys are read where nothing may wait.
        let verifier: Task<JWTKeyCollection, Never>

        init(_ algorithm: String, id: String?, _ add: @escaping @Sendable (JWTKeyCollection) async -> Void) {
            self.algorithm = algorithm
            self.id = id
            verifier = Task {
                let keys = JWTKeyCollection()
                await add(keys)
                return keys
            }
        }
    }

    private let all: [Key]

    /// A secret for HS256.
    ///
    /// - Parameter secret: at least ``leastSecretBytes``.
    init(secret: [UInt8]) throws {
        guard secret.count >= Self.leastSecretBytes else {
            throw KeyProblem("expected at least \(Self.leastSecretBytes) bytes, found fewer")
        }
        all = [Key("HS256", id: nil) { await $0.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256) }]
    }

    /// A public key in PEM: RSA for RS256, P-256 for ES256, Ed25519 for EdDSA. JWTKit takes no RSA key below 2048 bits.
    init(pem: String) throws {
        if let rsa = try? Insecure.RSA.PublicKey(pem: pem) {
            all = [Self.key(rsa, id: nil)]
        } else if let ecdsa = try? ES256PublicKey(pem: pem) {
            all = [Self.key(ecdsa, id: nil)]
        } else if let eddsa = try? EdDSA.PublicKey(pem: pem) {
            all = [Self.key(eddsa, id: nil)]
        } else {
            throw KeyProblem(
                "expected a public key of RSA (from 2048 bits), P-256 or Ed25519 in PEM, found something else"
            )
        }
    }

    private init(_ keys: [Key]) {
        all = keys
    }

    /// A JSON Web Key Set. As RFC 7517, section 5, wants, keys for other purposes and algorithms are ignored, and so are those that
    /// cannot be used.
    ///
    /// - Returns: the keys, and what is wrong with those that should be among them.
    static func reading(jwks: Data) throws -> (keys: KeySet, problems: [String]) {
        guard let set = try? JSONDecoder().decode(JWKSet.self, from: jwks) else {
            throw KeyProblem("expected a JSON Web Key Set, found something else")
        }
        var keys: [Key] = []
        var problems: [String] = []
        for item in set.keys {
            do {
                if let key = try Self.key(item.key) { keys.append(key) }
            } catch {
                problems.append("\(error)")
            }
        }
        guard !keys.isEmpty else {
            let found = problems.isEmpty ? "" : ": " + problems.joined(separator: "; ")
            throw KeyProblem("expected a key for RS256, ES256 or EdDSA in the JSON Web Key Set, found none\(found)")
        }
        return (KeySet(keys), problems)
    }

    /// The keys that a token may have been signed with. A token that names a key is checked with that one; a key without an id,
    /// as from a PEM file, serves whatever the token says.
    func keys(algorithm: String, id: String?) -> [Key] {
        all.filter { $0.algorithm == algorithm && (id == nil || $0.id == nil || $0.id == id) }
    }

    // MARK: One key

    private static func key(_ key: Insecure.RSA.PublicKey, id: String?) -> Key {
        Key("RS256", id: id) { await $0.add(rsa: key, digestAlgorithm: .sha256) }
    }

    private static func key(_ key: ES256PublicKey, id: String?) -> Key {
        Key("ES256", id: id) { await $0.add(ecdsa: key) }
    }

    private static func key(_ key: EdDSA.PublicKey, id: String?) -> Key {
        Key("EdDSA", id: id) { await $0.add(eddsa: key) }
    }

    /// - Returns: nil for a key that is not for this plugin.
    private static func key(_ key: JWKSet.Key?) throws -> Key? {
        guard let key else { throw KeyProblem("expected a JSON Web Key, found something else") }
        guard key.use ?? "sig" == "sig" else { return nil }
        do {
            switch (key.kty, key.crv, key.alg) {
            case ("RSA", _, nil), ("RSA", _, "RS256"):
                guard let modulus = key.n, let exponent = key.e else { break }
                return Self.key(try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent), id: key.kid)
            case ("EC", "P-256", nil), ("EC", "P-256", "ES256"):
                guard let x = key.x, let y = key.y else { break }
                return Self.key(try ES256PublicKey(parameters: (x, y)), id: key.kid)
            case ("OKP", "Ed25519", nil), ("OKP", "Ed25519", "EdDSA"):
                guard let x = key.x else { break }
                return Self.key(try EdDSA.PublicKey(x: x, curve: .ed25519), id: key.kid)
            default:
                return nil
            }
        } catch {
            throw KeyProblem("expected a good key as \(key.kid ?? "the one without kid"), found another: \(error)")
        }
        throw KeyProblem("expected all members of the key \(key.kid ?? "without kid"), found fewer")
    }
}

/// What is wrong with keys.
struct KeyProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The members of RFC 7517 and 7518 that this plugin looks at.
private struct JWKSet: Decodable {
    let keys: [Item]

    /// Of one that is no key, the others are still read.
    struct Item: Decodable {
        let key: Key?

        init(from decoder: any Decoder) {
            key = try? Key(from: decoder)
        }
    }

    struct Key: Decodable {
        let kty: String
        let kid: String?
        let alg: String?
        let use: String?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?
    }
}
