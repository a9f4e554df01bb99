#include "sim/client.h"

#include "sim/mutant.h"
#include "sim/world.h"

namespace mmm::sim {

namespace {

// After this time the application gives a write up; what became of it is then not known.
constexpr Duration kWriteLimit = 1s;
// How long the neighbours have to answer an ARP request.
constexpr Duration kResolve = 200ms;

}  // namespace

void Client::start() { write(); }

void Client::hear_announcement(const std::string& ip, Node host) {
  if (ip != writer_ip() || !world_.network.passes(host, kClient)) return;
  world_.queue.after(world_.network.delay(host, kClient), [this, host] { neighbour_ = host; });
}

// Whoever has the address answers; the last answer counts.
void Client::resolve() {
  neighbour_.reset();
  for (const auto& host : world_.hosts) {
    if (!host->kernel.has(writer_ip()) || !world_.network.answers(host->id, kClient)) continue;
    const auto trip = world_.network.delay(kClient, host->id) + world_.network.delay(host->id, kClient);
    if (trip < kResolve) world_.queue.after(trip, [this, id = host->id] { neighbour_ = id; });
  }
}

void Client::write() {
  if (!neighbour_) {
    resolve();
    world_.queue.after(kResolve, [this] { write(); });
    return;
  }
  const auto request = ++request_;
  const auto host = *neighbour_;
  if (world_.network.passes(kClient, host))
    world_.queue.after(world_.network.delay(kClient, host), [this, request, host] { arrive(request, host); });
  world_.queue.after(kWriteLimit, [this, request] {
    if (request != request_) return;
    for (const auto& checker : world_.checkers) checker->write_failed();
    neighbour_.reset();  // nobody answers there: asks again who has the address
    end_request(Duration{0});
  });
}

// The request is on `host`'s wire. Who does not have the address drops it.
void Client::arrive(std::uint64_t request, Node host) {
  auto& machine = *world_.hosts[host];
  if (!machine.up || !machine.kernel.has(writer_ip())) return;
  if (!machine.server.alive() || !machine.fence_is_open()) return answer(request, host, kNone);
  const auto takes = random_.between(200us, 3ms);
  world_.queue.after(takes, [this, request, host, life = machine.server.life()] {
    auto& server = world_.hosts[host]->server;
    if (server.life() != life || !server.alive()) return answer(request, host, kNone);
    server.when_it_responds([this, request, host, &server] {
      server.commit([this, request, host](TransactionId id) { answer(request, host, id); });
    });
  });
}

// The server's answer is about to leave `host`; it can do so from the writer's address only while that is there, and the
// fence lets it pass.
void Client::answer(std::uint64_t request, Node host, TransactionId transaction) {
  const auto& machine = *world_.hosts[host];
  if (!machine.up || !machine.kernel.has(writer_ip()) || !world_.network.passes(host, kClient)) return;
  if (!machine.fence_is_open() && !MMM_MUTANT(fence_one_way)) transaction = kNone;  // a reset takes its place
  // What a resumed machine says before its lease's rest is over counts for nothing (checkers/one_writer.h).
  const bool counts = !world_.on_leftovers(machine);
  if (transaction != kNone && counts)
    for (const auto& checker : world_.checkers) checker->acknowledges(host);
  world_.queue.after(world_.network.delay(host, kClient), [this, request, transaction, counts] {
    if (request != request_) return;
    if (transaction != kNone) {
      if (counts) world_.transaction(transaction).acknowledged = true;
      last_acknowledged_ = world_.now();
      ++acknowledged_;
    } else {
      for (const auto& checker : world_.checkers) checker->write_failed();
    }
    end_request(world_.plan.write_every);
  });
}

void Client::end_request(Duration pause) {
  ++request_;
  world_.queue.after(pause, [this] { write(); });
}

}  // namespace mmm::sim
