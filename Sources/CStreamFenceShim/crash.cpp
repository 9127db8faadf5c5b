#include "thread.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unistd.h>

namespace streamfence {

namespace {

struct Signal {
  int number;
  const char *name;
  struct sigaction before;
};

Signal signals[] = {
    {SIGSEGV, "SIGSEGV", {}}, {SIGBUS, "SIGBUS", {}},   {SIGILL, "SIGILL", {}},
    {SIGFPE, "SIGFPE", {}},   {SIGABRT, "SIGABRT", {}}, {SIGTRAP, "SIGTRAP", {}},
};

/* A line in pieces, of which each is copied: nothing here may allocate or lock. */
class Line {
public:
  void add(const char *text) noexcept {
    while (*text != 0 && length_ < sizeof(text_) - 1) text_[length_++] = *text++;
  }

  void send() noexcept {
    text_[length_++] = '\n';
    /* Nobody is left to hear of a failure. */
    if (::write(STDERR_FILENO, text_, length_) < 0) return;
  }

private:
  char text_[2048];
  size_t length_ = 0;
};

/* A stack for the report, of one thread: what crashed may have used up its own. */
class ReportStack {
public:
  ReportStack() noexcept {
    stack_t before;
    if (sigaltstack(nullptr, &before) != 0 || (before.ss_flags & SS_DISABLE) == 0) return;
    stack_t mine;
    std::memset(&mine, 0, sizeof(mine));
    mine.ss_size = 64 * 1024;
    mine.ss_sp = bytes_ = static_cast<char *>(std::malloc(mine.ss_size));
    if (bytes_ != nullptr) sigaltstack(&mine, nullptr);
  }

  ~ReportStack() {
    if (bytes_ == nullptr) return;
    stack_t none;
    std::memset(&none, 0, sizeof(none));
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    std::free(bytes_);
  }

private:
  char *bytes_ = nullptr;
};

void report(int number, siginfo_t *information, void *) {
  for (Signal &signal : signals) {
    if (signal.number != number) continue;
    if (const sf_shim_call *call = thread.call) {
      Line line;
      line.add("streamfence: ");
      line.add(signal.name);
      line.add(" inside the plugin ");
      line.add(call->callee->file);
      line.add(", in ");
      line.add(call->name);
      if (call->callee->component != nullptr) {
        line.add(" of ");
        line.add(call->callee->component);
      }
      line.send();
    }
    /* A faulty instruction faults again on return; a signal that was sent has to be sent again. */
    sigaction(number, &signal.before, nullptr);
    if (information->si_code <= 0) raise(number);
  }
}

}  // namespace

void give_report_stack() noexcept {
  /* Goes with the thread. */
  static thread_local ReportStack stack;
}

}  // namespace streamfence

void sf_shim_report_crashes(void) {
  static std::once_flag once;
  std::call_once(once, [] {
    for (streamfence::Signal &signal : streamfence::signals) {
      struct sigaction action;
      std::memset(&action, 0, sizeof(action));
      action.sa_sigaction = streamfence::report;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK;
      sigemptyset(&action.sa_mask);
      sigaction(signal.number, &action, &signal.before);
    }
  });
}
