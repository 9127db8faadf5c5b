import StreamFencePluginKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the service has answered.
struct Answer: Sendable {
    let decision: TokenDecision
    /// For how long it holds, as the service says; zero where it says nothing.
    var lifetime = Duration.zero

    init(_ decision: TokenDecision) {
        self.decision = decision
    }

    /// The same with a reason of at most 256 bytes that does not repeat the token: it is kept, and shown in logs.
    func without(_ token: String) -> Answer {
        guard case .reject(let reason) = decision else { return self }
        // The letters of one that is shorter are in any text.
        let isSecret = token.utf8.count >= 8
        var answer = Answer(.reject(reason: Self.shortened(isSecret ? reason.replacing(token, with: "…") : reason)))
        answer.lifetime = lifetime
        return answer
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= 256 ? text : String(decoding: text.utf8.prefix(256), as: UTF8.self) + "…"
    }

    /// Reads the body of an answer.
    ///
    /// Nothing else may be in it: a member whose name was misspelt would otherwise let in whoever it was to keep out.
    init(json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(Body.self, from: Data(json)).answer
        } catch let failure as Failure {
            throw failure
        } catch DecodingError.keyNotFound(let key, let context) {
            throw Failure("expected \(path(context.codingPath + [key])) in the answer, found nothing")
        } catch DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context) {
            throw Failure("expected \(word(for: type)) as \(path(context.codingPath)), found something else")
        } catch {
            throw Failure("expected JSON as the answer, found something else")
        }
    }
}

private func path(_ keys: [any CodingKey]) -> String {
    guard let first = keys.first else { return "the answer" }
    return keys.dropFirst().reduce(first.stringValue) { path, key in
        key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
    }
}

private func word(for type: any Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    case is Double.Type: "a number"
    case is any Collection.Type where !(type is [String: Any].Type): "a list"
    default: "an object"
    }
}

private struct Body: Decodable {
    let answer: Answer

    private enum Key: String, CodingKey, CaseIterable {
        case accept, principal, expiresAt, grants, reason, cacheSeconds

        static let ofAccepted: [Key] = [.accept, .principal, .expiresAt, .grants, .cacheSeconds]
        static let ofRefused: [Key] = [.accept, .reason, .cacheSeconds]
    }

    /// The time that a Duration and the contract's milliseconds have room for, by far; in seconds.
    private static let times = 0...1e12

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        let isAccepted = try members.decode(Bool.self, forKey: .accept)
        try decoder.expectOnly(isAccepted ? Key.ofAccepted : Key.ofRefused)
        var answer = Answer(isAccepted ? try Self.accepted(members) : try Self.refused(members))
        answer.lifetime = try Self.time(.cacheSeconds, members) ?? .zero
        self.answer = answer
    }

    private static func accepted(_ members: KeyedDecodingContainer<Key>) throws -> TokenDecision {
        let principal = try members.decode(String.self, forKey: .principal)
        guard !principal.isEmpty else { throw Failure("expected text as principal in the answer, found an empty one") }
        return .accept(
            principal: principal,
            expiresAt: try time(.expiresAt, members),
            grants: try members.decodeIfPresent([Grant].self, forKey: .grants)?.map(\.grant)
        )
    }

    private static func refused(_ members: KeyedDecodingContainer<Key>) throws -> TokenDecision {
        .reject(reason: try members.decodeIfPresent(String.self, forKey: .reason) ?? "the service gave no reason")
    }

    private static func time(_ key: Key, _ members: KeyedDecodingContainer<Key>) throws -> Duration? {
        guard let seconds = try members.decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard times.contains(seconds) else {
            throw Failure("expected \(key.rawValue) in the answer in seconds, 0 to 1e12, found \(seconds)")
        }
        return .milliseconds(Int64(seconds * 1000))
    }
}

private struct Grant: Decodable {
    let grant: TokenGrant

    private enum Key: String, CodingKey, CaseIterable {
        case topic, actions
    }

    init(from decoder: any Decoder) throws {
        try decoder.expectOnly(Key.allCases)
        let members = try decoder.container(keyedBy: Key.self)
        let actions = try members.decode([String].self, forKey: .actions).map { name in
            guard let action = TokenRequest.Action(rawValue: name), action != .connect else {
                throw Failure("expected subscribe or publish as an action in the answer, found another")
            }
            return action
        }
        grant = TokenGrant(topic: try members.decode(String.self, forKey: .topic), actions: Set(actions))
    }
}

extension Decoder {
    /// Throws if there is another member than these.
    fileprivate func expectOnly(_ keys: [some CodingKey]) throws {
        let expected = keys.map(\.stringValue)
        for key in try container(keyedBy: AnyKey.self).allKeys where !expected.contains(key.stringValue) {
            let name = path(codingPath + [key])
            throw Failure("expected only \(expected.joined(separator: ", ")) in the answer, found \(name)")
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}
