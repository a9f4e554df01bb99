#pragma once
// How a struct looks in JSON, said once: a tuple of its fields, read by the encoder, the decoder and the tests alike.
//
//     template <> struct Description<Order> {
//       static constexpr auto fields = std::tuple{field("epoch", &Order::epoch), …};
//     };
//
// To add a member to a described struct, add one line to its description; the compiler insists (kComplete below). A
// member that older peers do not send, or older files lack, is a `later_field`: absent, it keeps its default.

#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

namespace mmm::json {

// What the texts of a field are; the same for each element of a list, a set or a map's keys.
struct Text {};        // anything; long text is cut
struct Host {};        // the name of a host or a role: [A-Za-z0-9_-]+
struct HostOrNone {};  // the same, or empty
struct Address {};     // an IPv4 or IPv6 address; read into its canonical spelling

template <class Struct, class Member, class Tag>
struct Field {
  using Value = Member;
  using Kind = Tag;
  std::string_view name;
  Member Struct::*member;
  bool required;
};

template <class Tag = Text, class Struct, class Member>
constexpr auto field(std::string_view name, Member Struct::*member) {
  return Field<Struct, Member, Tag>{name, member, true};
}

template <class Tag = Text, class Struct, class Member>
constexpr auto later_field(std::string_view name, Member Struct::*member) {
  return Field<Struct, Member, Tag>{name, member, false};
}

template <class T>
struct Description;

template <class T>
concept Described = requires { Description<T>::fields; };

template <Described T>
inline constexpr std::size_t kFieldCount = std::tuple_size_v<std::remove_cvref_t<decltype(Description<T>::fields)>>;

// ---- how many members an aggregate has --------------------------------------------------------------------------

struct AnyValue {
  template <class T>
  operator T() const;  // never defined: only asked about
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyValue{})...}; };
}

template <class T, std::size_t N = 0>
constexpr std::size_t member_count() {
  if constexpr (takes<T>(std::make_index_sequence<N + 1>{}))
    return member_count<T, N + 1>();
  else
    return N;
}

template <Described T>
inline constexpr bool kComplete = kFieldCount<T> == member_count<T>();

}  // namespace mmm::json
