#include "team.hpp"

#include <stdexcept>

namespace dropwright {

namespace {

// With fewer orders a worker every worker has the whole drop, always or every second round.
constexpr std::size_t kFewest = 300, kFew = 1500;
constexpr std::size_t kLong = 18;  // with so many stops a trip more moves are worth more

bool short_trips(const Assignment& plan) {
    std::size_t trips = 0, stops = 0;
    for (const Route& route : plan.routes) {
        trips += route.trips.size();
        for (const Trip& trip : route.trips) stops += trip.visits.size();
    }
    return stops < kLong * trips;
}

}  // namespace

Team::Team(const Problem& problem, std::uint64_t seed, int workers, const Search& start)
    : problem_(problem), seed_(seed), parts_(std::max(1, workers)), plan_{start.best_pieces(), start.best_routes()}, best_(plan_), best_cost_(start.best_cost()), extras_(start.extras()) {}

std::vector<std::string> Team::share(int round, const Schedule& schedule) {
    const std::size_t orders = problem_.orders.size();
    together_ = orders < kFewest * ix(parts_) || (orders < kFew * ix(parts_) && round % 2 == 0 && short_trips(plan_));
    if (!together_) split(round);
    std::vector<std::string> parts;
    for (int w = 0; w < parts_; ++w) {
        Part part{seed_ * 1000003 + static_cast<std::uint64_t>(round) * 1009 + static_cast<std::uint64_t>(w), 0, 1, {}, {}, plan_, extras_, schedule.steps, schedule.seconds,
                  schedule.from, schedule.to, schedule.hot, schedule.cold};
        if (!together_) {
            part.index = w, part.parts = parts_, part.owners = order_owner_;
            for (const int owner : courier_owner_) part.couriers.push_back(owner == w);
        }
        parts.push_back(write(part));
    }
    return parts;
}

void Team::split(int round) {
    const int orders = static_cast<int>(problem_.orders.size());
    order_owner_.assign(ix(orders), -1);
    courier_owner_.assign(problem_.couriers.size(), 0);
    // Everything is ranked by how much nearer it is to one place than to another, and cut into equal runs.
    Random random(seed_ + static_cast<std::uint64_t>(round));
    const int here = problem_.point_of(random.below(orders)), there = problem_.point_of(random.below(orders));
    const auto side = [&](int point) { return problem_.spread(here, point) - problem_.spread(there, point); };
    std::vector<std::pair<double, int>> ranked;
    int total = 0;
    for (int c = 0; c < static_cast<int>(plan_.routes.size()); ++c) {
        double sum = 0;
        int stops = 0;
        for (const Trip& trip : plan_.routes[ix(c)].trips)
            for (const Visit& visit : trip.visits) sum += side(problem_.point_of(visit.order)), ++stops;
        if (stops > 0) ranked.emplace_back(sum / stops, c);
        total += stops;
    }
    std::sort(ranked.begin(), ranked.end());
    int sum = 0;
    for (const auto& [rank, c] : ranked) {
        courier_owner_[ix(c)] = std::min(parts_ - 1, sum * parts_ / std::max(1, total));
        for (const Trip& trip : plan_.routes[ix(c)].trips) sum += static_cast<int>(trip.visits.size());
    }
    // An order is its couriers', one that several of them share is left alone, others go with a near one.
    const auto ridden = [&](int order) { return std::any_of(plan_.pieces[ix(order)].begin(), plan_.pieces[ix(order)].end(), [](const Piece& piece) { return piece.courier >= 0; }); };
    for (int o = 0; o < orders; ++o) {
        int owner = -1;
        bool whole = true;
        for (const Piece& piece : plan_.pieces[ix(o)]) {
            if (piece.courier < 0) continue;
            const int its = courier_owner_[ix(piece.courier)];
            whole = whole && (owner < 0 || owner == its);
            owner = its;
        }
        if (whole) order_owner_[ix(o)] = owner;
    }
    for (int o = 0; o < orders; ++o) {
        if (ridden(o)) continue;
        const auto& near = problem_.near[ix(o)];
        const auto beside = std::find_if(near.begin(), near.end(), [&](int other) { return order_owner_[ix(other)] >= 0; });
        order_owner_[ix(o)] = beside == near.end() ? o % parts_ : order_owner_[ix(*beside)];
    }
    // An idle courier goes to whoever has an order, drawn by chance, of those picked at the hub.
    std::vector<std::vector<int>> owners(problem_.hubs.size());
    for (int o = 0; o < orders; ++o)
        for (const Piece& piece : plan_.pieces[ix(o)])
            if (order_owner_[ix(o)] >= 0) owners[ix(piece.hub)].push_back(order_owner_[ix(o)]);
    for (std::size_t c = 0; c < plan_.routes.size(); ++c) {
        if (!plan_.routes[c].trips.empty()) continue;
        const auto& at_home = owners[ix(problem_.couriers[c].home)];
        courier_owner_[c] = at_home.empty() ? random.below(parts_) : at_home[ix(random.below(static_cast<int>(at_home.size())))];
    }
}

void Team::gather(const std::vector<std::string>& outcomes) {
    if (outcomes.size() != ix(parts_)) throw std::invalid_argument("an outcome for each part is wanted");
    std::vector<Outcome> found;
    for (const std::string& bytes : outcomes) {
        found.push_back(read_outcome(problem_, bytes));
        moves_ += found.back().moves;
    }
    Assignment best;
    if (together_) {
        const auto by = [](auto key) { return [key](const Outcome& a, const Outcome& b) { return a.*key < b.*key; }; };
        auto& cheapest = *std::min_element(found.begin(), found.end(), by(&Outcome::cost));
        plan_ = std::move(cheapest.plan), extras_ = std::move(cheapest.extras);
        best = std::min_element(found.begin(), found.end(), by(&Outcome::best_cost))->best;
    } else {
        best = plan_;
        for (std::size_t o = 0; o < order_owner_.size(); ++o) {
            if (order_owner_[o] < 0) continue;
            Outcome& owner = found[ix(order_owner_[o])];
            plan_.pieces[o] = std::move(owner.plan.pieces[o]);
            extras_[o] = owner.extras[o];
            best.pieces[o] = std::move(owner.best.pieces[o]);
        }
        for (std::size_t c = 0; c < courier_owner_.size(); ++c) {
            Outcome& owner = found[ix(courier_owner_[c])];
            plan_.routes[c] = std::move(owner.plan.routes[c]);
            best.routes[c] = std::move(owner.best.routes[c]);
        }
    }
    State joined(problem_);
    joined.load(best.pieces, best.routes);
    if (joined.cost < best_cost_) best_cost_ = joined.cost, best_ = std::move(best);
}

}  // namespace dropwright
