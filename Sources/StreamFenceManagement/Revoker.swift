import NIOCore
import StreamFence
import StreamFenceSocketIO

/// Cuts off principals, on one server or on all: `{principal, server?}`.
struct Revoker: Sendable {
    let servers: [StreamFenceServer]

    func revoke(_ body: ByteBuffer) async -> APIAnswer {
        do throws(ManagementError) {
            let members = try RequestMembers(try JSONFragment(body: body), known: ["principal", "server"])
            let principal = try members.text("principal")
            guard !principal.isEmpty else { throw .invalid("expected a principal, found an empty one") }
            let named = try members.optionalText("server")
            var clients = 0
            for server in try named.map({ name throws(ManagementError) in [try servers.named(name)] }) ?? servers {
                clients += try await revoke(principal, on: server)
            }
            return .revoked(clients)
        } catch {
            return .refused(error)
        }
    }

    private func revoke(_ principal: String, on server: StreamFenceServer) async throws(ManagementError) -> Int {
        do {
            return try await server.revoke(principal: principal)
        } catch {
            // Its event loops have ended.
            throw .notServing(server.configuration.name)
        }
    }
}
