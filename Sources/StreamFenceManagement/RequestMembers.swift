import NIOCore
import StreamFenceSocketIO

/// The members of the object that a call of the API brings, each read by name.
struct RequestMembers {
    private var values: [String: JSONFragment] = [:]

    /// - Throws: what is wrong with it. A member that nobody reads is: a mistyped `clientId` would be a message to everyone.
    init(_ object: JSONFragment, known: [String]) throws(ManagementError) {
        guard let members = object.members else { throw .invalid("expected an object") }
        for (name, value) in members {
            guard known.contains(name) else {
                let expected = "\(known.dropLast().joined(separator: ", ")) or \(known.last ?? "")"
                throw .invalid("expected \(expected), found \"\(name.prefix(60))\"")
            }
            values[name] = value
        }
    }

    func json(_ name: String) throws(ManagementError) -> JSONFragment {
        guard let value = values[name] else { throw .invalid("expected \(name), found none") }
        return value
    }

    func text(_ name: String) throws(ManagementError) -> String {
        guard let text = values[name]?.string else { throw .invalid("expected a string as \(name)") }
        return text
    }

    /// `null` is as good as nothing.
    func optionalText(_ name: String) throws(ManagementError) -> String? {
        guard let value = values[name], !value.isNull else { return nil }
        return try text(name)
    }
}

extension JSONFragment {
    /// - Throws: `INVALID_REQUEST` for what is no JSON.
    init(body: ByteBuffer) throws(ManagementError) {
        do throws(JSONError) {
            try self.init(validating: body)
        } catch {
            throw .invalid("expected JSON: \(error)")
        }
    }
}
