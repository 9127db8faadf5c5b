/// What the host of a loaded component has noticed of it, and no answer shows: a host sees to it that a call that fails does no
/// harm. Of a component that is linked there is nothing to notice.
package struct HostNotes: Sendable {
    /// How many calls of the component have failed, thrown, or been answered in a way that the contract rules out.
    package let errors: Int
    /// What the last of those was that nobody was there to throw to; nil if there was none.
    package let lastError: String?
    /// How many answers of the plugin nobody waited for: late, given twice, or to no call.
    package let lateAnswers: Int

    package init(errors: Int = 0, lastError: String? = nil, lateAnswers: Int = 0) {
        self.errors = errors
        self.lastError = lastError
        self.lateAnswers = lateAnswers
    }
}
