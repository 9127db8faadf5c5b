import NIOSSL
import SwiftASN1

/// Whom a certificate is about, as text: `CN=alice,O=Example`.
///
/// The last part of the name first, as RFC 4514 has it, and control characters escaped as well. Read from the certificate's own
/// bytes, as NIOSSL does not tell it.
struct CertificateSubject: Equatable {
    let text: String

    /// - Throws: ``SubjectError`` if the certificate has none.
    init(_ certificate: NIOSSLCertificate) throws {
        try self.init(certificate: try certificate.toDERBytes())
    }

    /// - Parameter certificate: DER.
    init(certificate: [UInt8]) throws {
        // RFC 5280, section 4.1: the version, which may be left out, is the only part with a tag of its own before the subject.
        let parts = try Self.parts(of: Self.part(0, of: Self.parts(of: DER.parse(certificate))))
        let subject = try Self.part(parts.first?.identifier.tagClass == .contextSpecific ? 5 : 4, of: parts)
        let names = try Self.parts(of: subject).map { try Self.relativeName($0) }
        guard !names.isEmpty, !names.contains("") else {
            throw SubjectError(description: "expected a subject, found one that is empty or has empty parts")
        }
        text = names.reversed().joined(separator: ",")
    }

    private static func parts(of node: ASN1Node) throws -> [ASN1Node] {
        guard case .constructed(let parts) = node.content else {
            throw SubjectError(description: "expected a certificate, found something else")
        }
        return Array(parts)
    }

    private static func part(_ index: Int, of parts: [ASN1Node]) throws -> ASN1Node {
        guard parts.indices.contains(index) else {
            throw SubjectError(description: "expected a certificate, found less")
        }
        return parts[index]
    }

    /// One part of the name: mostly one attribute, or several of the same rank.
    private static func relativeName(_ node: ASN1Node) throws -> String {
        try parts(of: node).map { try attribute($0) }.joined(separator: "+")
    }

    private static func attribute(_ node: ASN1Node) throws -> String {
        let parts = try parts(of: node)
        let type = try ASN1ObjectIdentifier(derEncoded: part(0, of: parts)).description
        let value = try part(1, of: parts)
        guard let name = names[type], let text = string(value) else {
            return "\(type)=#\(value.encodedBytes.map { hexadecimal($0) }.joined())"
        }
        return "\(name)=\(escaping(text))"
    }

    /// RFC 4514, section 3, and what certificates of users have besides.
    private static let names = [
        "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
        "2.5.4.9": "STREET",
        "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "1.2.840.113549.1.9.1": "emailAddress",
    ]

    /// nil for the kinds of text that nobody writes any more.
    private static func string(_ node: ASN1Node) -> String? {
        guard [.utf8String, .printableString, .ia5String].contains(node.identifier),
            case .primitive(let bytes) = node.content
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// RFC 4514, section 2.4.
    private static func escaping(_ text: String) -> String {
        var escaped = ""
        let last = text.unicodeScalars.count - 1
        for (index, scalar) in text.unicodeScalars.enumerated() {
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\":
                escaped += "\\\(scalar)"
            case " " where index == 0 || index == last, "#" where index == 0:
                escaped += "\\\(scalar)"
            case _ where escapingControls(String(scalar)) != String(scalar):
                for byte in String(scalar).utf8 { escaped += "\\\(hexadecimal(byte))" }
            default:
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + digits : digits
    }
}

/// Why nobody can be told from a certificate.
struct SubjectError: Error, CustomStringConvertible {
    let description: String
}
