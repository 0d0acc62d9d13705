// The moves' frame: greedy start, annealing, and the best plan kept.
#include "search.hpp"

#include <numeric>

namespace dropwright {

namespace {

constexpr int kForget = 64;  // by one part of so many the least that an order added comes nearer to what it adds now
constexpr int kRearranged = 4;  // one move of so many rearranges trips, which is ten times as fast as ruin and recreate

double since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Search::Search(const Problem& problem, std::uint64_t seed, const std::atomic<bool>* halt)
    : problem_(problem), state_(problem), random_(seed), best_pieces_(problem.orders.size()), best_routes_(state_.routes), best_cost_(state_.cost), halt_(halt) {
    int groups = 0;
    for (const Courier& courier : problem.couriers) groups = std::max(groups, courier.group + 1);
    group_seen_.assign(ix(groups), 0);
    extras_.assign(problem.orders.size(), kNever);
    pulled_.assign(problem.orders.size(), 0);
    place_before_ = place_after_ = pulled_;
    order_active_.assign(problem.orders.size(), 1);
    courier_active_.assign(problem.couriers.size(), 1);
    active_orders_.resize(problem.orders.size());
    std::iota(active_orders_.begin(), active_orders_.end(), 0);
}

void Search::restrict_to(std::span<const int> owners, std::vector<char> couriers, int part, int parts) {
    state_.share_out(owners, part, parts);
    courier_active_ = std::move(couriers);
    active_orders_.clear();
    for (std::size_t o = 0; o < owners.size(); ++o) {
        order_active_[o] = owners[o] == part;
        if (order_active_[o]) active_orders_.push_back(static_cast<int>(o));
    }
}

void Search::greedy(double seconds) {
    const auto start = Clock::now();
    std::vector<int> order(problem_.orders.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return problem_.orders[ix(a)].deliver_due < problem_.orders[ix(b)].deliver_due; });
    // Orders that must be served, since a hub has picked for them, go first.
    std::stable_partition(order.begin(), order.end(), [&](int o) { return problem_.must_serve(o); });
    for (const int o : order) {
        if ((halted() || since(start) > seconds) && !problem_.must_serve(o)) break;
        if (!state_.served(o)) place(o, Care::quick, problem_.orders[ix(o)].unserved);
        state_.mark();
    }
    keep_best();
}

bool Search::fill(double seconds) {
    const auto start = Clock::now();
    bool ended = true;
    for (bool again = true; again && ended;) {
        again = false;
        for (int o = 0; o < static_cast<int>(problem_.orders.size()); ++o) {
            if (state_.served(o)) continue;
            if ((halted() || since(start) > seconds) && !problem_.must_serve(o)) {
                ended = false;
                continue;
            }
            place(o, Care::thorough, problem_.orders[ix(o)].unserved);
            again = again || state_.served(o);
            state_.mark();
        }
    }
    keep_best();
    return ended;
}

// What putting the order back may save at best of what the plan costs without it.
Money Search::hope(int order) const {
    const Money unserved = problem_.orders[ix(order)].unserved, extra = extras_[ix(order)];
    return extra == kNever ? unserved : std::max(Money{0}, unserved - extra);
}

// Puts the orders back one by one, until those to come are not hoped to bring the cost down to `most`.
void Search::recreate(std::span<const int> out, double most) {
    Money hoped = 0;
    for (const int order : out) hoped += hope(order);
    for (const int order : out) {
        const bool all_home = state_.cost < kAbandoned;  // else the price of that is in the cost
        if (all_home && static_cast<double>(state_.cost - hoped) > most) return;
        hoped -= hope(order);
        const Money unserved = problem_.orders[ix(order)].unserved, without = state_.cost - unserved;
        if (!place(order, Care::quick, unserved)) continue;
        sends_ = false;
        const Money extra = state_.cost - without;
        Money& least = extras_[ix(order)];
        if (all_home) least = extra < least ? extra : least + (extra - least) / kForget;
    }
}

bool Search::step(double temperature) {
    const Money before = state_.cost;
    const double most = static_cast<double>(before) - temperature * std::log(std::max(random_.unit(), 1e-12));
    state_.mark();
    if (random_.below(kRearranged) == 0) {
        if (!rearrange()) {
            state_.rewind();
            return false;
        }
    } else {
        std::vector<int> out;
        if (!ruin(out)) {
            state_.rewind();
            return false;
        }
        if (out.empty()) return false;
        sort_for_recreation(out);
        opening_ = random_.below(8) == 0;
        recreate(out, most);
        opening_ = sends_ = false;
    }
    if (static_cast<double>(state_.cost) > most || !state_.lawful()) {
        state_.rewind();
        return false;
    }
    if (state_.cost < best_cost_) keep_best();
    return true;
}

void Search::keep_best() {
    if (state_.cost > best_cost_) return;
    for (const int order : state_.changed_orders) best_pieces_[ix(order)] = state_.pieces[ix(order)];
    for (const int courier : state_.changed_couriers) best_routes_[ix(courier)] = state_.routes[ix(courier)];
    state_.clear_changes();
    best_cost_ = state_.cost;
}

void Search::anneal(std::int64_t steps, double seconds, double from, double to, double hot, double cold) {
    if (active_orders_.empty()) return;
    const auto start = Clock::now();
    double progress = from;
    double temperature = 0;
    for (std::int64_t i = 0; steps == 0 || i < steps; ++i) {
        if (i % 8 == 0) {
            const double done = steps > 0 ? static_cast<double>(i) / static_cast<double>(steps) : since(start) / seconds;
            if (done >= 1 || halted()) break;
            progress = from + (to - from) * done;
            temperature = hot * std::pow(cold / hot, progress);
        }
        step(temperature);
        ++moves_;
    }
}

void Search::load(const std::vector<std::vector<Piece>>& pieces, const std::vector<Route>& routes) {
    state_.load(pieces, routes);
    best_cost_ = state_.cost;
    keep_best();
}

void Search::imagine(const Search& other, bool goods, bool waves) {
    if (goods) state_.taken = other.state_.taken;
    if (waves) state_.wave_left = other.state_.wave_left;
}

}  // namespace dropwright
