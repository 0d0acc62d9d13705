// Tests of the days that the lower bound prices, run under the address and undefined-behaviour sanitizers.
#include <algorithm>

#include "days.hpp"
#include "tests/core/check.hpp"

using namespace dropwright::bound;

namespace {

class Draw {
   public:
    explicit Draw(std::uint64_t seed) : state_(seed) {}
    int below(int n) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<int>((state_ >> 33) % static_cast<std::uint64_t>(n));
    }

   private:
    std::uint64_t state_;
};

// shortest: the fewest slots of a leg between doors.
Ground some_ground(int nodes, int slots, int hubs, int shortest, std::uint64_t seed) {
    Draw draw(seed);
    Ground ground;
    ground.nodes = nodes, ground.slots = slots, ground.start = draw.below(3), ground.home = draw.below(hubs + 1) - 1;
    for (int hub = 0; hub < hubs; ++hub)
        for (int wave = 0; wave < 3; ++wave) ground.lanes.push_back({hub, wave * 4, wave * 4 + 3});
    const auto leg = [&draw](int from, std::vector<int>& steps, std::vector<Cost>& costs) {
        steps.push_back(draw.below(12) == 0 ? kNoWay : from + draw.below(4));
        costs.push_back(draw.below(30));
    };
    for (int cell = 0; cell < nodes * nodes; ++cell) leg(shortest, ground.hop_slots, ground.hop_cost);
    for (int cell = 0; cell < hubs * nodes; ++cell) leg(1, ground.out_slots, ground.out_cost), leg(0, ground.back_slots, ground.back_cost);
    for (int node = 0; node < nodes; ++node) ground.opens.push_back(draw.below(4) ? 0 : draw.below(slots + 1));
    for (int node = 0; node < nodes; ++node)
        for (int slot = 0; slot < slots; ++slot) ground.late.push_back(slot > 6 ? 32 : 0);
    return ground;
}

// All days, tried out: trips visit a door once at most. By hub and slot, the least cost with a trip made, or without.
class Brute {
   public:
    Brute(const Ground& ground, const Gains& gains)
        : g_(ground), gains_(gains), hubs_(static_cast<int>(ground.out_slots.size()) / ground.nodes),
          made_(static_cast<std::size_t>(hubs_ * ground.slots), kNone) {
        for (int slot = 0; slot < g_.slots; ++slot)
            for (int hub = 0; hub < hubs_; ++hub) {
                Cost& own = made_[static_cast<std::size_t>(hub * g_.slots + slot)];
                if (slot > 0) own = std::min(own, made_[static_cast<std::size_t>(hub * g_.slots + slot - 1)]);
                const bool begins = slot >= g_.start && (g_.home < 0 || g_.home == hub);
                const Cost here = begins ? std::min(own, 0) : own;
                if (here >= kNone) continue;
                for (std::size_t lane = 0; lane < g_.lanes.size(); ++lane)
                    if (g_.lanes[lane].hub == hub && slot >= g_.lanes[lane].first && slot <= g_.lanes[lane].last)
                        for (int node = 0; node < g_.nodes; ++node) {
                            const auto stem = static_cast<std::size_t>(hub * g_.nodes + node);
                            if (g_.out_slots[stem] < g_.slots) visit(node, slot + g_.out_slots[stem], static_cast<int>(lane), here + g_.out_cost[stem] + gains_.toll, 0);
                        }
            }
    }

    Cost value(int slot) const {
        Cost least = kNone;
        for (int hub = 0; hub < hubs_; ++hub)
            if (g_.home < 0 || g_.home == hub) least = std::min(least, made_[static_cast<std::size_t>(hub * g_.slots + slot)]);
        return least;
    }

   private:
    void visit(int node, int arrives, int lane, Cost cost, unsigned seen) {
        const int slot = std::max(arrives, g_.opens[static_cast<std::size_t>(node)]);
        if (slot >= g_.slots || seen >> node & 1) return;
        const auto at = static_cast<std::size_t>(node) * g_.lanes.size() + static_cast<std::size_t>(lane);
        const auto then = static_cast<std::size_t>(node * g_.slots + slot);
        cost -= std::max({gains_.whole[at] - g_.late[then], gains_.part[at] - g_.late[then] / 32 * gains_.share[at] / 8, gains_.least[at]});
        for (int hub = 0; hub < hubs_; ++hub) {
            const auto stem = static_cast<std::size_t>(hub * g_.nodes + node);
            if (g_.back_slots[stem] >= g_.slots - slot) continue;
            for (int later = slot + g_.back_slots[stem]; later < g_.slots; ++later) {
                Cost& own = made_[static_cast<std::size_t>(hub * g_.slots + later)];
                own = std::min(own, cost + g_.back_cost[stem]);
            }
        }
        for (int next = 0; next < g_.nodes; ++next) {
            const auto hop = static_cast<std::size_t>(node * g_.nodes + next);
            if (next != node && g_.hop_slots[hop] < g_.slots) visit(next, slot + g_.hop_slots[hop], lane, cost + g_.hop_cost[hop], seen | 1u << node);
        }
    }

    const Ground& g_;
    const Gains& gains_;
    int hubs_;
    std::vector<Cost> made_;
};

void the_cheapest_day_is_the_cheapest_of_all_where_every_door_is_near() {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const Ground ground = some_ground(4, 14, 1 + static_cast<int>(seed % 2), static_cast<int>(seed % 3 != 0), seed);
        Draw draw(seed);
        Gains gains;
        for (std::size_t at = 0; at < ground.lanes.size() * 4; ++at) {
            gains.whole.push_back(draw.below(60) - 5), gains.part.push_back(draw.below(40) - 5);
            gains.share.push_back(draw.below(kAll + 1)), gains.least.push_back(-draw.below(20));
        }
        gains.toll = draw.below(20) - 5;
        Tables tables;
        Days days(ground);
        CHECK(days.price(tables, gains));
        const Brute brute(ground, gains);
        for (int slot = 0; slot < ground.slots; ++slot) {
            CHECK(days.value(slot) == brute.value(slot) || (days.value(slot) >= kNone / 2 && brute.value(slot) >= kNone / 2));
            if (days.value(slot) < kNone / 2) CHECK(!days.path(tables, slot).empty());
        }
    }
}

void days_get_no_dearer_with_time_where_many_walks_are_dropped() {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const Ground ground = some_ground(30, 40, 2, 1, seed);
        const std::vector<Cost> part(30 * ground.lanes.size(), 10);
        const Gains gains{std::vector<Cost>(part.size(), 40), part, part, part};
        Tables tables;
        Days days(ground);
        CHECK(days.price(tables, gains));
        const std::vector<Visit> path = days.path(tables, ground.slots - 1);
        CHECK(!path.empty() && path.back().first);
        CHECK(days.value(ground.slots - 1) <= days.value(ground.slots - 2));
    }
}

Gains some_gains(const Ground& ground, std::uint64_t seed) {
    Draw draw(seed);
    const std::vector<Cost> part(ground.lanes.size() * static_cast<std::size_t>(ground.nodes), 5);
    Gains gains{{}, part, part, part, 3};
    for (std::size_t at = 0; at < part.size(); ++at) gains.whole.push_back(10 + draw.below(60));
    return gains;
}

void cheap_days_end_at_different_doors_the_cheapest_first() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Ground ground = some_ground(12, 30, 1 + static_cast<int>(seed % 2), 1, seed);
        const Gains gains = some_gains(ground, seed);
        Tables tables;
        Days days(ground);
        CHECK(days.price(tables, gains));
        const int by = ground.slots - 2;
        const std::vector<Day> found = days.cheap(tables, by, 5);
        if (days.value(by) >= kNone / 2) {
            CHECK(found.empty());
            continue;
        }
        CHECK(!found.empty() && found.size() <= 5 && found.front().cost == days.value(by));
        for (std::size_t at = 0; at < found.size(); ++at) {
            const Day& day = item(found, static_cast<int>(at));
            CHECK(day.slot <= by && day.cost >= days.value(day.slot) && day.visits.back().first);
            for (std::size_t before = 0; before < at; ++before) {
                const Day& other = item(found, static_cast<int>(before));
                CHECK(other.cost <= day.cost);
                for (const Visit& visit : other.visits) CHECK(visit.node != day.visits.front().node);
            }
        }
        CHECK(days.cheap(tables, -1, 5).empty());
    }
}

void doors_twice_in_a_trip_are_forbidden_once_learned() {
    int learned = 0, dearer = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        // Few doors have colours of their own; of many, some share one, and not all that is learned can be known.
        const bool few = seed % 3 != 0;
        const Ground ground = some_ground(few ? 10 : 24, few ? 12 : 9, 1 + static_cast<int>(seed % 2), 1, seed);
        const Gains gains = some_gains(ground, seed);
        const Brute brute(ground, gains);
        const int by = ground.slots - 1;
        Tables tables;
        Days days(ground);
        CHECK(days.price(tables, gains));
        const Cost first = days.value(by);
        int rounds = 0;
        for (; rounds < 100 && days.learn(days.path(tables, by)); ++rounds) {
            CHECK(days.price(tables, gains));
            CHECK(days.value(by) <= brute.value(by));
        }
        CHECK(rounds < 100 && first <= days.value(by));
        CHECK(!few || days.value(by) == brute.value(by));
        learned += rounds, dearer += days.value(by) > first;
        Days others(ground);
        others.recall(days);
        CHECK(others.price(tables, gains) && others.value(by) == days.value(by));
    }
    CHECK(learned > 20 && dearer > 15);
}

void amounts_beyond_counting_are_refused() {
    const Ground ground = some_ground(3, 10, 1, 1, 4);
    const std::vector<Cost> part(3 * ground.lanes.size(), 0);
    const Gains gains{std::vector<Cost>(part.size(), kDeep + 1), part, part, part};
    Tables tables;
    Days days(ground);
    CHECK(!days.price(tables, gains));
}

void a_day_without_doors_has_no_cost() {
    Ground ground;
    ground.slots = 5;
    ground.lanes.push_back({0, 0, 4});
    Tables tables;
    Days days(ground);
    CHECK(days.price(tables, {}));
    CHECK(days.value(4) == kNone && days.path(tables, 4).empty() && days.cheap(tables, 4, 3).empty());
}

}  // namespace

int main() {
    the_cheapest_day_is_the_cheapest_of_all_where_every_door_is_near();
    days_get_no_dearer_with_time_where_many_walks_are_dropped();
    cheap_days_end_at_different_doors_the_cheapest_first();
    doors_twice_in_a_trip_are_forbidden_once_learned();
    amounts_beyond_counting_are_refused();
    a_day_without_doors_has_no_cost();
    std::printf("%d checks passed\n", passed);
}
