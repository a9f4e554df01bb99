#pragma once
// The messages of version 2, field by field. The only place that knows how they look; docs/protocol.md explains them.

#include <array>

#include "codec/json/model_fields.h"
#include "model/messages.h"

namespace mmm::json {

// ---- monitor to agent -------------------------------------------------------------------------------------------

template <>
struct Description<Hello> {
  static constexpr std::string_view type = "hello";
  static constexpr auto fields = std::tuple{
      field<Host>("host", &Hello::host),
      field("epoch", &Hello::epoch),
      field("lineage", &Hello::lineage),
      field("leads", &Hello::leads),
      field("vouched_below", &Hello::vouched_below),
      field("acknowledged", &Hello::acknowledged),
  };
};

template <>
struct Description<Grant> {
  static constexpr std::string_view type = "grant";
  static constexpr auto fields = std::tuple{
      field("ask", &Grant::ask),
      field("generation", &Grant::generation),
  };
};

template <>
struct Description<NoGrant> {
  static constexpr std::string_view type = "no_grant";
  static constexpr auto fields = std::tuple{
      field("ask", &NoGrant::ask),
      field("reason", &NoGrant::reason),
  };
};

template <>
struct Description<Survey> {
  static constexpr std::string_view type = "survey";
  static constexpr auto fields = std::tuple{
      field("generation", &Survey::generation),
      field("given_up", &Survey::given_up),
  };
};

template <>
struct Description<Detach> {
  static constexpr std::string_view type = "detach";
  static constexpr auto fields = std::tuple{
      field<HostOrNone>("source", &Detach::source),
  };
};

template <>
struct Description<Poke> {
  static constexpr std::string_view type = "poke";
  static constexpr auto fields = std::tuple{};
};

template <>
struct Description<Resolve> {
  static constexpr std::string_view type = "resolve";
  static constexpr auto fields = std::tuple{
      field("number", &Resolve::number),
      field<Address>("ip", &Resolve::ip),
  };
};

template <>
struct Description<AnnounceAgain> {
  static constexpr std::string_view type = "announce_again";
  static constexpr auto fields = std::tuple{
      field<Address>("ip", &AnnounceAgain::ip),
  };
};

// ---- agent to monitor -------------------------------------------------------------------------------------------

template <>
struct Words<IoThread> {
  static constexpr std::array all{IoThread::no, IoThread::connecting, IoThread::yes};
  static constexpr std::string_view text(IoThread state) {
    switch (state) {
      case IoThread::no: return "no";
      case IoThread::connecting: return "connecting";
      case IoThread::yes: return "yes";
    }
    return "?";
  }
};

template <>
struct Description<ReplicationStatus> {
  static constexpr auto fields = std::tuple{
      field("configured", &ReplicationStatus::configured),
      field("source_ip", &ReplicationStatus::source_ip),
      field("source_port", &ReplicationStatus::source_port),
      later_field("source_server_id", &ReplicationStatus::source_server_id),
      field("io", &ReplicationStatus::io),
      field("sql", &ReplicationStatus::sql),
      field("seconds_behind", &ReplicationStatus::seconds_behind),
      field("received", &ReplicationStatus::received),
      field("error", &ReplicationStatus::error),
  };
};

template <>
struct Description<ServerStatus> {
  static constexpr auto fields = std::tuple{
      field("read_only", &ServerStatus::read_only),
      field("has", &ServerStatus::has),
      field("replication", &ServerStatus::replication),
      field("version", &ServerStatus::version),
      field("auto_increment_increment", &ServerStatus::auto_increment_increment),
      field("auto_increment_offset", &ServerStatus::auto_increment_offset),
      field("semi_sync_source", &ServerStatus::semi_sync_source),
      field("semi_sync_replica", &ServerStatus::semi_sync_replica),
  };
};

template <>
struct Description<Report> {
  static constexpr std::string_view type = "report";
  static constexpr auto fields = std::tuple{
      field("number", &Report::number),
      field("accepted", &Report::accepted),
      field("assignment", &Report::assignment),
      field("released", &Report::released),
      field("longest_lease_ms", &Report::longest_lease),
      field("lease_live", &Report::lease_live),
      field("promise_live", &Report::promise_live),
      field("writer_asks", &Report::writer_asks),
      field("lost_memory", &Report::lost_memory),
      field("mysqld_alive", &Report::mysqld_alive),
      field("server", &Report::server),
      field<Address>("ips", &Report::ips),
      field<Address>("found_ips", &Report::found_ips),
      field("uptime_s", &Report::uptime_s),
      field("told_state", &Report::told_state),
      field("told_roles", &Report::told_roles),
      field<Host>("unreachable", &Report::unreachable),
      field("problems", &Report::problems),
      field("mac", &Report::mac),
      field("overtaken_by", &Report::overtaken_by),
      field("complete", &Report::complete),
  };
};

template <>
struct Description<Welcome> {
  static constexpr std::string_view type = "welcome";
  static constexpr auto fields = std::tuple{
      field<Host>("host", &Welcome::host),
      field("accepted", &Welcome::accepted),
      field("reason", &Welcome::reason),
      field("epoch", &Welcome::epoch),
      field("version", &Welcome::version),
      field("report", &Welcome::report),
  };
};

template <>
struct Description<Acknowledged> {
  static constexpr std::string_view type = "acknowledged";
  static constexpr auto fields = std::tuple{
      field("order", &Acknowledged::order),
      field("longest_lease_ms", &Acknowledged::longest_lease),
      field("has_fence", &Acknowledged::has_fence),
      later_field("grace", &Acknowledged::grace),
  };
};

template <>
struct Description<Refused> {
  static constexpr std::string_view type = "refused";
  static constexpr auto fields = std::tuple{
      field("order", &Refused::order),
      field("for_good", &Refused::for_good),
      field("reason", &Refused::reason),
  };
};

template <>
struct Description<Released> {
  static constexpr std::string_view type = "released";
  static constexpr auto fields = std::tuple{
      field("generation", &Released::generation),
      field("mysqld_dead", &Released::mysqld_dead),
      field("has", &Released::has),
      later_field("complete", &Released::complete),
      field("reason", &Released::reason),
  };
};

template <>
struct Description<Ask> {
  static constexpr std::string_view type = "ask";
  static constexpr auto fields = std::tuple{
      field("number", &Ask::number),
      field("accepted", &Ask::accepted),
      field("ttl_ms", &Ask::ttl),
      field("has_fence", &Ask::has_fence),
      later_field("grace", &Ask::grace),
      later_field("grace_over", &Ask::grace_over),
      later_field("grace_runs", &Ask::grace_runs),
  };
};

template <>
struct Description<SurveyAnswer> {
  static constexpr std::string_view type = "survey_answer";
  static constexpr auto fields = std::tuple{
      field("generation", &SurveyAnswer::generation),
      field("bound", &SurveyAnswer::bound),
      field("promised_for_ms", &SurveyAnswer::promised_for),
      field("has", &SurveyAnswer::has),
      field("received", &SurveyAnswer::received),
  };
};

template <>
struct Description<Resolved> {
  static constexpr std::string_view type = "resolved";
  static constexpr auto fields = std::tuple{
      field("number", &Resolved::number),
      field<Address>("ip", &Resolved::ip),
      field("macs", &Resolved::macs),
      field("problem", &Resolved::problem),
  };
};

// ---- agent to agent ---------------------------------------------------------------------------------------------

template <>
struct Description<PromiseAsk> {
  static constexpr std::string_view type = "promise_ask";
  static constexpr auto fields = std::tuple{
      field<Host>("from", &PromiseAsk::from),
      field<Host>("to", &PromiseAsk::to),
      field("line", &PromiseAsk::line),
      field("number", &PromiseAsk::number),
      field("generation", &PromiseAsk::generation),
      field("ttl_ms", &PromiseAsk::ttl),
      field("has_fence", &PromiseAsk::has_fence),
      field("lease_live", &PromiseAsk::lease_live),
      later_field("grace", &PromiseAsk::grace),
      later_field("grace_over", &PromiseAsk::grace_over),
  };
};

template <>
struct Description<Promise> {
  static constexpr std::string_view type = "promise";
  static constexpr auto fields = std::tuple{
      field("number", &Promise::number),
      field("generation", &Promise::generation),
  };
};

template <>
struct Description<NoPromise> {
  static constexpr std::string_view type = "no_promise";
  static constexpr auto fields = std::tuple{
      field("number", &NoPromise::number),
      field("generation", &NoPromise::generation),
      field("overtaken", &NoPromise::overtaken),
      field("later", &NoPromise::later),
      field("reason", &NoPromise::reason),
  };
};

template <>
struct Description<MapAsk> {
  static constexpr std::string_view type = "map_ask";
  static constexpr auto fields = std::tuple{
      field<Host>("from", &MapAsk::from),
      field<Host>("to", &MapAsk::to),
  };
};

template <>
struct Description<MapAnswer> {
  static constexpr std::string_view type = "map";
  static constexpr auto fields = std::tuple{
      field("accepted", &MapAnswer::accepted),
      field<Address>("serves", &MapAnswer::serves),
  };
};

}  // namespace mmm::json
