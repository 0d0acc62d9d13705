// The drop as the search sees it: indices and integers, no ids, no clock. Seconds count from plan_at.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace dropwright {

using Money = std::int64_t;
using Time = std::int64_t;

constexpr std::int64_t kNever = std::int64_t{1} << 60;  // later, larger or dearer than anything real

// What lateness costs: docs of drop-and-plan, "late_shipping / late_delivery".
struct Penalty {
    struct Step {
        Time after;
        Money amount;
    };
    std::vector<Step> steps;  // ascending by after
    Money per_minute = 0;
    Money cap = kNever;

    Money cost(Time late) const {
        if (late <= 0) return 0;
        Money sum = per_minute * ((late + 59) / 60);
        for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
            if (late > step->after) {
                sum += step->amount;
                break;
            }
        }
        return std::min(sum, cap);
    }

    // Seconds by which `late` may still grow before the cost does.
    Time slack(Time late) const {
        Time edge = kNever;
        for (const Step& step : steps) {
            if (step.after >= late && step.after >= 0) {
                edge = step.after;
                break;
            }
        }
        if (per_minute > 0) edge = std::min(edge, late <= 0 ? Time{0} : (late + 59) / 60 * 60);
        if (edge < kNever && late > 0 && cost(late) >= cap) return kNever;
        return edge >= kNever ? kNever : edge - late;
    }

    // By how much the cost grows at least when `late` grows by more than its slack, however much more.
    Money rise(Time late) const {
        const Time edge = slack(late);
        if (edge >= kNever) return 0;
        Money least = cost(late + edge + 1);
        for (const Step& step : steps)
            if (step.after > late + edge && step.after < kFar) least = std::min(least, cost(step.after + 1));
        return least - cost(late);
    }

   private:
    static constexpr Time kFar = Time{1} << 31;
};

struct Leg {
    std::int64_t metres;
    std::int64_t seconds;  // negative: no way
};

struct Profile {
    double detour = 1;
    std::int64_t speed_num = 1, speed_den = 1;        // metres per second, as an exact fraction
    struct Cell {
        std::int32_t metres, seconds;  // -1: no way
    };
    std::vector<Cell> cells;  // places x places; empty where legs are computed as they are asked for
    std::vector<Cell> mirrored;  // columns of the cells as rows; empty where both ways are as long
};

struct Line {
    int sku;
    std::int64_t quantity;
};

struct Sku {
    std::int64_t grams, millilitres;
    std::uint64_t handling;  // classes needed, one bit each
};

struct Wave {
    Time start, end;
    std::int64_t lines;
};

struct Hub {
    std::vector<Wave> waves;  // ascending by end
    Money cost_per_parcel, cost_per_line;
};

struct Collection {
    int hub;
    Time at, delivered_at;
    std::int64_t parcels;
    std::uint64_t handling;
    std::vector<std::pair<std::int64_t, Money>> tariff;  // (up_to_grams, amount), ascending
};

struct Courier {
    int profile, home, group;  // couriers of one group differ in nothing but their name
    std::vector<char> loads_at;  // by hub
    Time shift_start, shift_end, max_duty;
    std::int64_t grams, millilitres, parcels, max_trips;
    std::uint64_t handling;
    Time load_seconds;
    Money fixed, per_km, per_hour;
    // What committed trips have used up already.
    int at_hub;
    Time free_at, first_load;  // first_load: kNever where nothing is committed
    std::int64_t metres_before = 0, trips_before = 0;
};

// A parcel that is picked already and only waits for a way out.
struct Picked {
    int hub;
    Time ready;
    std::vector<Line> lines;
};

struct alignas(64) Order {
    // What a stop's price takes lies in one line of the processor's cache.
    int late_shipping = -1, late_delivery = -1;  // penalties, -1: none
    Time ship_due = kNever, deliver_due = kNever, not_before = -kNever, service = 0;
    Time shipped_before = -kNever, delivered_before = -kNever;
    int parcels_before = 0;       // committed parcels that have their way out
    Time clear_at = 0;
    Money unserved = 0;
    std::vector<Line> lines;      // what is still to be picked, by component
    std::vector<char> hubs;       // allowed, by hub
    std::vector<Picked> picked;
};

class Problem {
   public:
    std::vector<Profile> profiles;
    std::vector<Penalty> penalties;
    std::vector<Sku> skus;
    std::vector<Hub> hubs;
    std::vector<Collection> collections;
    std::vector<Courier> couriers;
    std::vector<Order> orders;
    std::vector<std::int64_t> stock, contingency;  // hubs x skus, what committed parcels took already gone
    std::vector<Money> contingency_cost;
    Money split_cost = 0;
    std::vector<double> lat, lon;  // degrees, hubs first, then orders; empty under matrix travel
    std::vector<std::int64_t> place;  // of each point, its row in the cells
    std::int64_t places = 0;

    // Derived once, when everything above is in place.
    void seal();

    int points() const { return static_cast<int>(hubs.size() + orders.size()); }
    int point_of(int order) const { return static_cast<int>(hubs.size()) + order; }
    std::size_t row(int hub, int sku) const { return static_cast<std::size_t>(hub) * skus.size() + static_cast<std::size_t>(sku); }

    Leg leg(int profile, int from, int to) const {
        const Profile& way = profiles[static_cast<std::size_t>(profile)];
        if (way.cells.empty()) return compute(way, from, to);
        const auto cell = way.cells[static_cast<std::size_t>(place[static_cast<std::size_t>(from)] * places + place[static_cast<std::size_t>(to)])];
        return {cell.metres, cell.seconds};
    }

    // As leg(), for many `from` and one `to`: what it reads lies side by side.
    Leg leg_into(int profile, int from, int to) const {
        const Profile& way = profiles[static_cast<std::size_t>(profile)];
        if (way.cells.empty()) return compute(way, from, to);
        const auto& rows = way.mirrored.empty() ? way.cells : way.mirrored;
        const auto cell = rows[static_cast<std::size_t>(place[static_cast<std::size_t>(to)] * places + place[static_cast<std::size_t>(from)])];
        return {cell.metres, cell.seconds};
    }

    // Brings what leg_into(profile, from, at) and leg(profile, at, to) read nearer to the processor.
    void fetch_legs(int profile, int from, int at, int to) const {
        const Profile& way = profiles[static_cast<std::size_t>(profile)];
        if (way.cells.empty()) {
            for (const int end : {from, to}) __builtin_prefetch(&on_sphere_[static_cast<std::size_t>(end)]);
            return;
        }
        const std::int64_t row = place[static_cast<std::size_t>(at)] * places;
        const auto& into = way.mirrored.empty() ? way.cells : way.mirrored;
        __builtin_prefetch(&into[static_cast<std::size_t>(row + place[static_cast<std::size_t>(from)])]);
        __builtin_prefetch(&way.cells[static_cast<std::size_t>(row + place[static_cast<std::size_t>(to)])]);
    }

    // The wave is still to begin, and the order may be picked by then.
    bool may_pick(int order, const Wave& wave) const { return wave.start >= std::max(Time{0}, orders[static_cast<std::size_t>(order)].clear_at); }

    // A hub has picked for the order already: no plan may leave it.
    bool must_serve(int order) const {
        const Order& wanted = orders[static_cast<std::size_t>(order)];
        return !wanted.picked.empty() || wanted.parcels_before > 0;
    }

    Money late_shipping(const Order& order, Time at) const {
        return order.late_shipping < 0 || at <= order.ship_due ? 0 : penalties[static_cast<std::size_t>(order.late_shipping)].cost(at - order.ship_due);
    }
    Money late_delivery(const Order& order, Time at) const {
        return order.late_delivery < 0 || at <= order.deliver_due ? 0 : penalties[static_cast<std::size_t>(order.late_delivery)].cost(at - order.deliver_due);
    }
    Time shipping_slack(const Order& order, Time at) const {
        return order.late_shipping < 0 || order.ship_due >= kNever ? kNever : penalties[static_cast<std::size_t>(order.late_shipping)].slack(at - order.ship_due);
    }
    Time delivery_slack(const Order& order, Time at) const {
        return order.late_delivery < 0 || order.deliver_due >= kNever ? kNever : penalties[static_cast<std::size_t>(order.late_delivery)].slack(at - order.deliver_due);
    }

    Money delivery_rise(const Order& order, Time at) const {
        return order.late_delivery < 0 ? 0 : penalties[static_cast<std::size_t>(order.late_delivery)].rise(at - order.deliver_due);
    }

    std::vector<std::vector<int>> near;            // by order: orders that could well be next to it, kNear at most
    std::vector<std::vector<int>> hubs_near;       // by order: allowed hubs, nearest first
    std::vector<std::vector<int>> wanted_by;       // by SKU: orders
    std::vector<std::vector<int>> couriers_at;     // by hub
    std::vector<std::vector<int>> collections_at;  // by hub

    // How far apart two points are, for ranking only.
    double spread(int from, int to) const;

   private:
    Leg compute(const Profile& profile, int from, int to) const;
    std::int64_t circle(std::size_t a, std::size_t b, double detour) const;
    void keep_legs(Profile& profile) const;
    void lay_grid();
    std::vector<int> find_near(int order) const;
    double apart(int from, int to) const;
    void lay_places_side_by_side();

    // Orders by cell of a grid of side_ x side_, where there are coordinates.
    std::vector<std::vector<int>> grid_;
    int side_ = 0;
    double south_ = 0, west_ = 0, height_ = 1, width_ = 1;
    int column(double lambda) const { return std::clamp(static_cast<int>((lambda - west_) / width_), 0, side_ - 1); }
    int line(double phi) const { return std::clamp(static_cast<int>((phi - south_) / height_), 0, side_ - 1); }

    struct OnSphere {
        double x, y, z;
    };
    std::vector<double> phi_, lambda_, cos_phi_;  // radians; empty under matrix travel, as are
    std::vector<OnSphere> on_sphere_;             // the same points on the unit sphere
};

inline std::size_t ix(int i) { return static_cast<std::size_t>(i); }

constexpr int kNear = 60;

// round-half-up(a * b / c) for non-negative numbers.
inline Money rate(std::int64_t a, std::int64_t b, std::int64_t c) { return (2 * a * b + c) / (2 * c); }

}  // namespace dropwright
