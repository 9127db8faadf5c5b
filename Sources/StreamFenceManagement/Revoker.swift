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
            let servers =
                try named.map { name throws(ManagementError) in [try self.servers.named(name)] } ?? self.servers
            var clients = 0
            var failure: ManagementError?
            // All of them, whatever one says.
            for server in servers {
                do throws(ManagementError) {
                    clients += try await revoke(principal, on: server)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
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
