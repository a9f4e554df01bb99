#pragma once
// Values of every described struct, drawn from a seed. A member that is added to a description is drawn too.

#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "codec/json/forms.h"

namespace mmm::json {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }
inline bool one_in(Random& random, std::uint64_t n) { return below(random, n) == 0; }

inline std::string pick(Random& random, const std::vector<std::string>& from) {
  return from[below(random, from.size())];
}

inline std::string draw_text(Random& random, Host) {
  return one_in(random, 4) ? pick(random, {"a", "DB_1", "-", "x-9", std::string(255, 'h')})
                           : "db" + std::to_string(below(random, 9));
}
inline std::string draw_text(Random& random, HostOrNone) { return one_in(random, 3) ? "" : draw_text(random, Host{}); }
inline std::string draw_text(Random& random, Address) {
  return pick(random, {"10.0.0.80", "10.0.0.90", "255.1.2.3", "fd00::1", "2001:db8::a:0:0:7"});
}
inline std::string draw_text(Random& random, Text) {
  static const std::vector<std::string> kPieces{"a", " ", "\n", "\"", "\\", "|", "\r", "\t", std::string(1, '\0'), "\x7f",
                                                "\x1f", "ü", "€", "𝄞", "{", "}", ",", "null", "\xEF\xBF\xBF"};
  std::string text;
  for (auto n = below(random, 12); n > 0; --n) text += pick(random, kPieces);
  return text;
}

template <class T>
T draw_number(Random& random) {
  using Limits = std::numeric_limits<T>;
  switch (below(random, 4)) {
    case 0: return Limits::max();
    case 1: return Limits::min();
    case 2: return static_cast<T>(below(random, 100));
    default: return static_cast<T>(random());
  }
}

inline Duration draw_duration(Random& random) {
  switch (below(random, 5)) {
    case 0: return Duration(0);
    case 1: return Duration::max();
    case 2: return std::chrono::milliseconds(below(random, std::uint64_t{1} << 40));
    default: return Duration(static_cast<std::int64_t>(below(random, std::uint64_t{1} << (1 + below(random, 50)))));
  }
}

inline GtidSet draw_gtids(Random& random) {
  GtidSet set;
  for (auto n = below(random, 5); n > 0; --n)
    set.add(Gtid{draw_number<std::uint32_t>(random), static_cast<std::uint32_t>(below(random, 5)),
                 draw_number<std::uint64_t>(random)});
  return set;
}

template <class T, class Tag = Text>
struct Drawn;

template <class T, class Tag = Text>
T draw(Random& random) {
  return Drawn<T, Tag>::draw_one(random);
}

template <class T, class Tag>
struct Drawn {
  static T draw_one(Random& random) {
    if constexpr (std::is_same_v<T, bool>) {
      return one_in(random, 2);
    } else if constexpr (std::is_integral_v<T>) {
      return draw_number<T>(random);
    } else if constexpr (std::is_same_v<T, double>) {
      return static_cast<double>(below(random, 1'000'000'000'000)) / 100;
    } else if constexpr (std::is_same_v<T, Duration>) {
      return draw_duration(random);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return draw_text(random, Tag{});
    } else if constexpr (std::is_same_v<T, Role>) {
      return Role{draw_text(random, Host{}), draw_text(random, Address{})};
    } else if constexpr (std::is_same_v<T, GtidSet>) {
      return draw_gtids(random);
    } else if constexpr (std::is_enum_v<T>) {
      return Words<T>::all[below(random, Words<T>::all.size())];
    } else {
      static_assert(Described<T>);
      T drawn{};
      std::apply([&](const auto&... each) { (fill(random, drawn, each), ...); }, Description<T>::fields);
      return drawn;
    }
  }

  template <class Struct, class Member, class Kind>
  static void fill(Random& random, Struct& into, const Field<Struct, Member, Kind>& described) {
    into.*described.member = draw<Member, Kind>(random);
  }
};

template <class T, class Unit, class Tag>
struct Drawn<Strong<T, Unit>, Tag> {
  static Strong<T, Unit> draw_one(Random& random) { return {draw_number<T>(random)}; }
};

template <class T, class Tag>
struct Drawn<std::optional<T>, Tag> {
  static std::optional<T> draw_one(Random& random) {
    if (one_in(random, 3)) return std::nullopt;
    return draw<T, Tag>(random);
  }
};

template <class T, class Tag>
struct Drawn<std::vector<T>, Tag> {
  static std::vector<T> draw_one(Random& random) {
    std::vector<T> drawn;
    for (auto n = below(random, 4); n > 0; --n) drawn.push_back(draw<T, Tag>(random));
    return drawn;
  }
};

template <class T, class Tag>
struct Drawn<std::set<T>, Tag> {
  static std::set<T> draw_one(Random& random) {
    std::set<T> drawn;
    for (auto n = below(random, 4); n > 0; --n) drawn.insert(draw<T, Tag>(random));
    return drawn;
  }
};

template <class T, class Tag>
struct Drawn<std::map<HostName, T>, Tag> {
  static std::map<HostName, T> draw_one(Random& random) {
    std::map<HostName, T> drawn;
    for (auto n = below(random, 4); n > 0; --n) drawn[draw_text(random, Host{})] = draw<T, Tag>(random);
    return drawn;
  }
};

}  // namespace mmm::json
