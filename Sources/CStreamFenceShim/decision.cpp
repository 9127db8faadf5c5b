#include "guard.hpp"

#include <cstdlib>
#include <cstring>

namespace {

/* What a thread keeps for one decision: the reason, and copies of what the policy looks at. Most look at a few keys: those fit in
 * here. What does not is allocated. */
struct Room {
  sf_error reason;
  size_t used;
  struct Block {
    Block *next;
  } *blocks;
  uint8_t bytes[2048];

  void empty() noexcept {
    used = 0;
    while (blocks != nullptr) {
      Block *block = blocks;
      blocks = block->next;
      std::free(block);
    }
  }
};

SF_SHIM_THREAD_LOCAL Room room;

}  // namespace

sf_slice sf_shim_copy(sf_slice bytes) {
  uint8_t *copy;
  if (bytes.length <= sizeof(room.bytes) - room.used) {
    copy = room.bytes + room.used;
    room.used += bytes.length;
  } else {
    auto *block = static_cast<Room::Block *>(std::malloc(sizeof(Room::Block) + bytes.length));
    if (block == nullptr) return {nullptr, 0};
    block->next = room.blocks;
    room.blocks = block;
    copy = reinterpret_cast<uint8_t *>(block + 1);
  }
  if (bytes.length > 0) std::memcpy(copy, bytes.bytes, bytes.length);
  return {copy, bytes.length};
}

int32_t sf_shim_decide(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                       const sf_overflow *overflow, const sf_lane *lane, sf_overflow_decision *decision) {
  room.reason.message[0] = 0;
  const int32_t outcome = streamfence::guarded(callee, "decide", &room.reason, [&] {
    *decision = table->decide(instance, overflow, lane, &room.reason);
    return room.reason.message[0] == 0 ? SF_SHIM_SUCCEEDED : SF_SHIM_GAVE_REASON;
  });
  room.empty();
  return outcome;
}

const sf_error *sf_shim_reason(void) { return &room.reason; }

int32_t sf_shim_rank(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                     const sf_message *message, int64_t *rank, sf_error *error) {
  return streamfence::guarded(callee, "rank", error, [&] {
    *rank = table->rank(instance, message);
    return SF_SHIM_SUCCEEDED;
  });
}
