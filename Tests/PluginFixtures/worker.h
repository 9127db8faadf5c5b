/* A validator's own thread, which takes its time for each call, as one that hashes passwords does: so calls have to wait. */
#ifndef WORKER_H
#define WORKER_H

#include "fixture.h"

#include <pthread.h>

typedef struct question {
  uint64_t call;
  sf_token_answer answer;
  uint32_t verdict; /* the right one */
} question;

/* Answers one question, or two that were waiting together. */
static void answer_all(const question *questions, size_t count);

#define WORKER_ROOM 4096
static pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t worker_wanted = PTHREAD_COND_INITIALIZER;
static question waiting[WORKER_ROOM];
static size_t first_waiting, end_of_waiting;

static void *work(void *nothing) {
  for (;;) {
    question taken[2];
    size_t count = 0;
    pthread_mutex_lock(&worker_lock);
    while (first_waiting == end_of_waiting) pthread_cond_wait(&worker_wanted, &worker_lock);
    while (first_waiting != end_of_waiting && count < 2) taken[count++] = waiting[first_waiting++ % WORKER_ROOM];
    pthread_mutex_unlock(&worker_lock);
    for (volatile uint32_t hash = 0; hash < 200000; hash = hash + 1) continue;
    answer_all(taken, count);
  }
  return nothing;
}

static void start_worker(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pthread_detach(thread);
}

/* Accepts the token `good`, later. */
static void ask_worker(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  question asked;
  (void)instance;
  pthread_once(&once, start_worker);
  asked.call = call, asked.answer = answer;
  asked.verdict = fixture_is(request->token, "good") ? SF_TOKEN_ACCEPTED : SF_TOKEN_REJECTED;
  pthread_mutex_lock(&worker_lock);
  waiting[end_of_waiting++ % WORKER_ROOM] = asked;
  pthread_cond_signal(&worker_wanted);
  pthread_mutex_unlock(&worker_lock);
}

static void answer_with(const question *question, uint32_t verdict) {
  const char *text = verdict == SF_TOKEN_ACCEPTED ? "friend" : "unknown";
  sf_token_decision decision;
  memset(&decision, 0, sizeof(decision));
  decision.size = sizeof(decision);
  decision.verdict = verdict;
  decision.principal.bytes = decision.reason.bytes = (const uint8_t *)text;
  decision.principal.length = decision.reason.length = strlen(text);
  question->answer(question->call, &decision);
}

#endif
