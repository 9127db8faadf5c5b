import Testing

@testable import StreamFenceManagement

@Suite("The requests of a connection")
struct RequestProgressTests {
    @Test("A request's time ends when it is read and answered, whichever comes first")
    func time() {
        var progress = RequestProgress()
        #expect(progress.begins() == .startTimer)
        #expect(progress.isRead() == .nothing)
        #expect(progress.isAnswered() == .stopTimer)
        #expect(progress.begins() == .startTimer)
        #expect(progress.isAnswered() == .nothing)
        #expect(progress.isRead() == .stopTimer)
    }

    @Test("The time of a request that came early begins when the one before it has ended")
    func pipelined() {
        var progress = RequestProgress()
        #expect(progress.begins() == .startTimer)
        #expect(progress.isRead() == .nothing)
        #expect(progress.begins() == .nothing)
        #expect(progress.isRead() == .nothing)
        #expect(progress.isAnswered() == .startTimer)
        #expect(progress.isAnswered() == .stopTimer)
    }

    @Test("The connection ends with the last request, once all of it has come")
    func last() {
        var answeredFirst = RequestProgress()
        #expect(answeredFirst.begins() == .startTimer)
        answeredFirst.answersLast()
        #expect(answeredFirst.isAnswered() == .nothing)
        #expect(answeredFirst.isRead() == .close)

        var readFirst = RequestProgress()
        #expect(readFirst.begins() == .startTimer)
        #expect(readFirst.isRead() == .nothing)
        readFirst.answersLast()
        #expect(readFirst.isAnswered() == .close)
    }
}
