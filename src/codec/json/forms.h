#pragma once
// The JSON form of every type that occurs in a described struct.
//
// Each Form has: write, to JSON; read, from JSON (false when the value does not fit; it may leave `into` half
// written); expected, what fits, in words.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/strong.h"
#include "base/time.h"
#include "codec/json/describe.h"
#include "codec/json/document.h"
#include "codec/json/writer.h"
#include "model/gtid.h"
#include "model/role.h"

namespace mmm::json {

using boost::json::value;

// Why a value can't be read, and where it stands: "report.server.has".
struct Trouble {
  std::string where;
  std::string expected;
  std::string found;
};

std::string to_string(const Trouble& trouble);  // "server.has: expected …, found …"
void prepend(Trouble& trouble, std::string_view outer);

template <class T, class Tag = Text>
struct Form;

// Reads a value or says in `trouble` what is wrong with it.
template <class T, class Tag = Text>
bool read_value(const value& json, T& into, Trouble& trouble) {
  if (Form<T, Tag>::read(json, into, trouble)) return true;
  if (trouble.expected.empty()) trouble = Trouble{{}, Form<T, Tag>::expected(), brief(json)};
  return false;
}

// ---- plain values -----------------------------------------------------------------------------------------------

template <class Tag>
struct Form<bool, Tag> {
  static void write(Writer& out, bool from) { out.boolean(from); }
  static bool read(const value& json, bool& into, Trouble&) {
    if (json.is_bool()) into = json.as_bool();
    return json.is_bool();
  }
  static std::string expected() { return "true or false"; }
};

// A whole number that fits; 1e3 and 5.0 are whole numbers too.
std::optional<std::int64_t> as_signed(const value& json);
std::optional<std::uint64_t> as_unsigned(const value& json);
std::string expected_number(std::int64_t lowest, std::uint64_t highest);

template <std::integral T, class Tag>
struct Form<T, Tag> {
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
  static void write(Writer& out, T from) { out.number(Wide{from}); }
  static bool read(const value& json, T& into, Trouble&) {
    std::optional<Wide> number;
    if constexpr (std::is_signed_v<T>)
      number = as_signed(json);
    else
      number = as_unsigned(json);
    if (!number || !std::in_range<T>(*number)) return false;
    into = static_cast<T>(*number);
    return true;
  }
  static std::string expected() {
    using Limits = std::numeric_limits<T>;
    return expected_number(std::int64_t{std::is_signed_v<T> ? static_cast<std::int64_t>(Limits::min()) : 0},
                           static_cast<std::uint64_t>(Limits::max()));
  }
};

template <class Tag>
struct Form<double, Tag> {
  static void write(Writer& out, double from) { out.real(from); }
  static bool read(const value& json, double& into, Trouble&);
  static std::string expected() { return "a number"; }
};

bool read_real(const value& json, double& into);
template <class Tag>
bool Form<double, Tag>::read(const value& json, double& into, Trouble&) {
  return read_real(json, into);
}

// Milliseconds. Whole ones are written as a whole number, others with up to six decimals, so that every nanosecond
// survives; a fraction of a millisecond beyond kExactFraction is rounded up (a lease is never told shorter than it is).
// No duration is negative on the wire: one is written as 0.
inline constexpr Duration kExactFraction = std::chrono::nanoseconds(std::int64_t{1} << 50);  // 13 days
std::string milliseconds_text(Duration duration);
bool read_milliseconds(const value& json, Duration& into);

template <class Tag>
struct Form<Duration, Tag> {
  static void write(Writer& out, Duration from) { out.raw(milliseconds_text(from)); }
  static bool read(const value& json, Duration& into, Trouble&) { return read_milliseconds(json, into); }
  static std::string expected() { return "a number of milliseconds from 0 to 9223372036855"; }
};

template <class T, class Unit, class Tag>
struct Form<Strong<T, Unit>, Tag> {
  static void write(Writer& out, const Strong<T, Unit>& from) { Form<T>::write(out, from.value); }
  static bool read(const value& json, Strong<T, Unit>& into, Trouble& trouble) {
    return Form<T>::read(json, into.value, trouble);
  }
  static std::string expected() { return Form<T>::expected(); }
};

// ---- texts ------------------------------------------------------------------------------------------------------

bool read_text(std::string_view text, std::string& into, Text);
bool read_text(std::string_view text, std::string& into, Host);
bool read_text(std::string_view text, std::string& into, HostOrNone);
bool read_text(std::string_view text, std::string& into, Address);
std::string_view expected_text(Text);
std::string_view expected_text(Host);
std::string_view expected_text(HostOrNone);
std::string_view expected_text(Address);

std::optional<std::string_view> as_text(const value& json);

template <class Tag>
struct Form<std::string, Tag> {
  static void write(Writer& out, const std::string& from) {
    if constexpr (std::is_same_v<Tag, Text>)
      out.text(from);
    else
      out.token(from);
  }
  static bool read(const value& json, std::string& into, Trouble&) {
    const auto text = as_text(json);
    return text && read_text(*text, into, Tag{});
  }
  static std::string expected() { return std::string(expected_text(Tag{})); }
};

// "writer(10.0.0.80)": a name as for Host, an address as for Address.
std::optional<Role> read_role(std::string_view text);

template <class Tag>
struct Form<Role, Tag> {
  static void write(Writer& out, const Role& from) { out.token(to_string(from)); }
  static bool read(const value& json, Role& into, Trouble&);
  static std::string expected() { return "a role with its address like \"writer(10.0.0.80)\""; }
};

template <class Tag>
bool Form<Role, Tag>::read(const value& json, Role& into, Trouble&) {
  const auto text = as_text(json);
  auto role = text ? read_role(*text) : std::nullopt;
  if (role) into = *std::move(role);
  return role.has_value();
}

template <class Tag>
struct Form<GtidSet, Tag> {
  static void write(Writer& out, const GtidSet& from) { out.token(to_string(from)); }
  static bool read(const value& json, GtidSet& into, Trouble&) {
    const auto text = as_text(json);
    auto set = text ? parse_gtid_set(*text) : Result<GtidSet>(fail("no text"));
    if (set) into = *std::move(set);
    return set.has_value();
  }
  static std::string expected() { return "MariaDB GTIDs like \"0-1-200,0-2-17\""; }
};

// The words of an enumeration: `all`, and `text(E)`.
template <class E>
struct Words;

template <class E, class Tag>
  requires std::is_enum_v<E>
struct Form<E, Tag> {
  static void write(Writer& out, E from) { out.token(Words<E>::text(from)); }
  static bool read(const value& json, E& into, Trouble&) {
    for (const auto one : Words<E>::all)
      if (as_text(json) == Words<E>::text(one)) return into = one, true;
    return false;
  }
  static std::string expected() {
    std::string words = "one of";
    for (const auto one : Words<E>::all) words.append(1, ' ').append(Words<E>::text(one));
    return words;
  }
};

// ---- containers -------------------------------------------------------------------------------------------------

template <class T, class Tag>
struct Form<std::optional<T>, Tag> {
  static void write(Writer& out, const std::optional<T>& from) {
    if (from)
      Form<T, Tag>::write(out, *from);
    else
      out.raw("null");
  }
  static bool read(const value& json, std::optional<T>& into, Trouble& trouble) {
    into.reset();
    return json.is_null() || read_value<T, Tag>(json, into.emplace(), trouble);
  }
  static std::string expected() { return Form<T, Tag>::expected(); }
};

template <class T, class Tag, class Take>
bool read_elements(const value& json, Trouble& trouble, const Take& take) {
  const auto* array = json.if_array();
  if (array == nullptr) return false;
  for (std::size_t i = 0; i < array->size(); ++i) {
    T element{};
    if (!read_value<T, Tag>((*array)[i], element, trouble)) return prepend(trouble, std::to_string(i)), false;
    take(std::move(element));
  }
  return true;
}

template <class Tag, class Container>
void write_elements(Writer& out, const Container& from) {
  out.begin_array();
  for (const auto& element : from) Form<typename Container::value_type, Tag>::write(out, element);
  out.end_array();
}

template <class T, class Tag>
struct Form<std::vector<T>, Tag> {
  static void write(Writer& out, const std::vector<T>& from) { write_elements<Tag>(out, from); }
  static bool read(const value& json, std::vector<T>& into, Trouble& trouble) {
    into.clear();
    return read_elements<T, Tag>(json, trouble, [&](T&& element) { into.push_back(std::move(element)); });
  }
  static std::string expected() { return "an array, each element " + Form<T, Tag>::expected(); }
};

template <class T, class Tag>
struct Form<std::set<T>, Tag> {
  static void write(Writer& out, const std::set<T>& from) { write_elements<Tag>(out, from); }
  static bool read(const value& json, std::set<T>& into, Trouble& trouble) {
    into.clear();
    return read_elements<T, Tag>(json, trouble, [&](T&& element) { into.insert(std::move(element)); });
  }
  static std::string expected() { return "an array, each element " + Form<T, Tag>::expected(); }
};

// Every map of ours goes from the names of hosts.
template <class T, class Tag>
struct Form<std::map<HostName, T>, Tag> {
  static void write(Writer& out, const std::map<HostName, T>& from) {
    out.begin_object();
    for (const auto& [host, element] : from) {
      out.key(host);
      Form<T, Tag>::write(out, element);
    }
    out.end_object();
  }
  static bool read(const value& json, std::map<HostName, T>& into, Trouble& trouble) {
    into.clear();
    const auto* object = json.if_object();
    if (object == nullptr) return false;
    for (const auto& member : *object) {
      HostName host;
      if (!read_value<HostName, Host>(value(member.key()), host, trouble)) return false;
      if (!read_value<T, Tag>(member.value(), into[host], trouble)) return prepend(trouble, host), false;
    }
    return true;
  }
  static std::string expected() { return "an object, from the names of hosts"; }
};

// ---- described structs ------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// An empty optional is left out.
template <class Struct, class Member, class Tag>
void write_field(Writer& out, const Struct& from, const Field<Struct, Member, Tag>& described) {
  const auto& member = from.*described.member;
  if constexpr (kIsOptional<Member>)
    if (!member) return;
  out.key(described.name);
  Form<Member, Tag>::write(out, member);
}

template <class Struct, class Member, class Tag>
bool read_field(const boost::json::object& json, Struct& into, const Field<Struct, Member, Tag>& described,
                Trouble& trouble) {
  const auto* found = json.if_contains(boost::json::string_view(described.name.data(), described.name.size()));
  if (found == nullptr) {
    if (kIsOptional<Member> || !described.required) return true;
    trouble = Trouble{std::string(described.name), Form<Member, Tag>::expected(), "nothing"};
    return false;
  }
  if (read_value<Member, Tag>(*found, into.*described.member, trouble)) return true;
  prepend(trouble, described.name);
  return false;
}

template <Described T>
void write_fields(Writer& out, const T& from) {
  std::apply([&](const auto&... each) { (write_field(out, from, each), ...); }, Description<T>::fields);
}

// Unknown members of `json` are left alone: a newer peer may say more than we understand.
template <Described T>
bool read_fields(const boost::json::object& json, T& into, Trouble& trouble) {
  return std::apply([&](const auto&... each) { return (read_field(json, into, each, trouble) && ...); },
                    Description<T>::fields);
}

template <Described T, class Tag>
struct Form<T, Tag> {
  static_assert(kComplete<T>, "a member of this struct is not described: add a line to its json::Description");
  static void write(Writer& out, const T& from) {
    out.begin_object();
    write_fields(out, from);
    out.end_object();
  }
  static bool read(const value& json, T& into, Trouble& trouble) {
    const auto* object = json.if_object();
    return object != nullptr && read_fields(*object, into, trouble);
  }
  static std::string expected() { return "an object"; }
};

}  // namespace mmm::json
