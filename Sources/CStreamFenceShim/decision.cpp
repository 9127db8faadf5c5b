#include "guard.hpp"

#include <cstdlib>
#include <cstring>

/* Most decisions look at a few keys: those fit in here. What does not is allocated. */
struct sf_shim_room {
  sf_error reason;
  size_t used;
  struct Block {
    Block *next;
  } *blocks;
  uint8_t bytes[2048];
};

namespace {
SF_SHIM_THREAD_LOCAL sf_shim_room room_of_thread;
}

sf_shim_room *sf_shim_begin_decision(void) {
  sf_shim_room *room = &room_of_thread;
  room->reason.message[0] = 0;
  room->used = 0;
  return room;
}

sf_error *sf_shim_reason(sf_shim_room *room) { return &room->reason; }

sf_slice sf_shim_copy(sf_shim_room *room, const uint8_t *bytes, size_t length) {
  uint8_t *copy;
  if (length <= sizeof(room->bytes) - room->used) {
    copy = room->bytes + room->used;
    room->used += length;
  } else {
    auto *block = static_cast<sf_shim_room::Block *>(std::malloc(sizeof(sf_shim_room::Block) + length));
    if (block == nullptr) return {nullptr, 0};
    block->next = room->blocks;
    room->blocks = block;
    copy = reinterpret_cast<uint8_t *>(block + 1);
  }
  if (length > 0) std::memcpy(copy, bytes, length);
  return {copy, length};
}

void sf_shim_end_decision(sf_shim_room *room) {
  while (room->blocks != nullptr) {
    sf_shim_room::Block *block = room->blocks;
    room->blocks = block->next;
    std::free(block);
  }
}

int32_t sf_shim_decide(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                       const sf_overflow *overflow, sf_overflow_decision *decision) {
  return streamfence::guarded(callee, "decide", overflow->reason, [&] {
    *decision = table->decide(instance, overflow);
    return SF_SHIM_SUCCEEDED;
  });
}

int32_t sf_shim_rank(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                     const sf_message *message, int64_t *rank, sf_error *error) {
  return streamfence::guarded(callee, "rank", error, [&] {
    *rank = table->rank(instance, message);
    return SF_SHIM_SUCCEEDED;
  });
}
