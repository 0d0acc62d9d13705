#include "parts.hpp"

#include <bit>
#include <stdexcept>

namespace dropwright {

namespace {

[[noreturn]] void foreign() { throw std::invalid_argument("bytes of another problem, or not of a part"); }

// Integers as bytes, seven bits each, small ones of either sign short (zigzag, LEB128).
class Writer {
   public:
    std::string bytes;

    void put(std::int64_t value) {
        auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
        for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(rest | 0x80));
        bytes.push_back(static_cast<char>(rest));
    }
    void put(double value) { put(std::bit_cast<std::int64_t>(value)); }
    void put(const std::vector<char>& flags) {
        put(static_cast<std::int64_t>(flags.size()));
        bytes.insert(bytes.end(), flags.begin(), flags.end());
    }
    template <typename Number> void put(const std::vector<Number>& numbers) {
        put(static_cast<std::int64_t>(numbers.size()));
        for (const Number each : numbers) put(std::int64_t{each});
    }
    void put(const Assignment& plan) {
        put(static_cast<std::int64_t>(plan.pieces.size()));
        for (const auto& own : plan.pieces) {
            put(static_cast<std::int64_t>(own.size()));
            for (const Piece& piece : own) {
                for (const int each : {piece.hub, piece.wave, piece.picked, piece.collection}) put(std::int64_t{each});
                put(static_cast<std::int64_t>(piece.lines.size()));
                for (const Line& line : piece.lines) put(std::int64_t{line.sku}), put(line.quantity);
            }
        }
        put(static_cast<std::int64_t>(plan.routes.size()));
        for (const Route& route : plan.routes) {
            put(static_cast<std::int64_t>(route.trips.size()));
            for (const Trip& trip : route.trips) {
                put(std::int64_t{trip.hub});
                put(static_cast<std::int64_t>(trip.visits.size()));
                for (const Visit& visit : trip.visits) put(std::int64_t{visit.order}), put(std::int64_t{visit.slot});
            }
        }
    }
};

class Reader {
   public:
    Reader(const Problem& problem, std::string_view bytes) : problem_(problem), bytes_(bytes) {}

    std::int64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at_ == bytes_.size()) foreign();
            const auto byte = static_cast<unsigned char>(bytes_[at_++]);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
        }
        foreign();
    }
    int small() { return static_cast<int>(std::clamp<std::int64_t>(number(), -1, std::numeric_limits<int>::max())); }
    double real() { return std::bit_cast<double>(number()); }
    std::size_t count() {  // of things that take a byte each at least
        const std::int64_t size = number();
        if (size < 0 || static_cast<std::uint64_t>(size) > bytes_.size() - at_) foreign();
        return static_cast<std::size_t>(size);
    }
    std::vector<char> flags() {
        const std::size_t size = count();
        const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
        at_ += size;
        return {first, first + static_cast<std::ptrdiff_t>(size)};
    }
    std::vector<Money> amounts() {
        std::vector<Money> amounts(count());
        for (Money& each : amounts) each = number();
        return amounts;
    }
    Assignment plan() {
        Assignment plan;
        plan.pieces.resize(count());
        for (auto& own : plan.pieces) {
            own.resize(count());
            for (Piece& piece : own) {
                piece.hub = small(), piece.wave = small(), piece.picked = small(), piece.collection = small();
                piece.lines.resize(count());
                for (Line& line : piece.lines) line.sku = small(), line.quantity = number();
            }
        }
        plan.routes.resize(count());
        for (Route& route : plan.routes) {
            route.trips.resize(count());
            for (Trip& trip : route.trips) {
                trip.hub = small();
                trip.visits.resize(count());
                for (Visit& visit : trip.visits) visit.order = small(), visit.slot = small();
            }
        }
        complete(problem_, plan);
        return plan;
    }
    void end() const {
        if (at_ != bytes_.size()) foreign();
    }

   private:
    const Problem& problem_;
    std::string_view bytes_;
    std::size_t at_ = 0;
};

template <typename Thing>
auto& at(Thing& things, int index) {
    if (index < 0 || ix(index) >= things.size()) foreign();
    return things[ix(index)];
}

}  // namespace

void complete(const Problem& problem, Assignment& plan) {
    if (plan.pieces.size() != problem.orders.size() || plan.routes.size() != problem.couriers.size()) foreign();
    for (std::size_t o = 0; o < plan.pieces.size(); ++o)
        for (Piece& piece : plan.pieces[o]) {
            const Hub& hub = at(problem.hubs, piece.hub);
            piece.ready = piece.picked >= 0 ? at(problem.orders[o].picked, piece.picked).ready : at(hub.waves, piece.wave).end;
            if (piece.collection >= 0) at(problem.collections, piece.collection);
            piece.grams = piece.millilitres = 0;
            piece.handling = 0;
            for (const Line& line : piece.lines) {
                const Sku& sku = at(problem.skus, line.sku);
                piece.grams += sku.grams * line.quantity;
                piece.millilitres += sku.millilitres * line.quantity;
                piece.handling |= sku.handling;
            }
        }
    for (std::size_t c = 0; c < plan.routes.size(); ++c) {
        auto& trips = plan.routes[c].trips;
        for (std::size_t t = 0; t < trips.size(); ++t) {
            Trip& trip = trips[t];
            trip.ready = -kNever;
            trip.grams = trip.millilitres = 0;
            at(problem.hubs, trip.hub);
            int from = trip.hub;
            for (std::size_t v = 0; v < trip.visits.size(); ++v) {
                Visit& visit = trip.visits[v];
                Piece& piece = at(at(plan.pieces, visit.order), visit.slot);
                piece.courier = static_cast<int>(c);
                trip.grams += piece.grams;
                trip.millilitres += piece.millilitres;
                trip.ready = std::max(trip.ready, piece.ready);
                visit.ready = piece.ready;
                const int point = problem.point_of(visit.order);
                visit.leg = trip.joins(static_cast<int>(v)) ? Leg{} : problem.leg(problem.couriers[c].profile, from, point);
                from = point;
            }
            const int to = t + 1 < trips.size() ? at(problem.hubs, trips[t + 1].hub), trips[t + 1].hub : problem.couriers[c].home;
            trip.back = problem.leg(problem.couriers[c].profile, from, to);
        }
    }
}

std::string write(const Part& part) {
    Writer writer;
    writer.put(static_cast<std::int64_t>(part.seed));
    writer.put(std::int64_t{part.index});
    writer.put(std::int64_t{part.parts});
    writer.put(part.owners);
    writer.put(part.couriers);
    writer.put(part.plan);
    writer.put(part.extras);
    writer.put(part.steps);
    for (const double each : {part.seconds, part.from, part.to, part.hot, part.cold}) writer.put(each);
    return std::move(writer.bytes);
}

Part read_part(const Problem& problem, std::string_view bytes) {
    Reader reader(problem, bytes);
    Part part;
    part.seed = static_cast<std::uint64_t>(reader.number());
    part.index = reader.small(), part.parts = reader.small();
    part.owners.resize(reader.count());
    for (int& owner : part.owners) owner = reader.small();
    part.couriers = reader.flags();
    part.plan = reader.plan();
    part.extras = reader.amounts();
    part.steps = reader.number();
    for (double* each : {&part.seconds, &part.from, &part.to, &part.hot, &part.cold}) *each = reader.real();
    reader.end();
    if (part.parts < 1 || part.index < 0 || part.index >= part.parts || part.extras.size() != problem.orders.size()) foreign();
    if (part.owners.empty()) return part;
    if (part.owners.size() != problem.orders.size() || part.couriers.size() != problem.couriers.size()) foreign();
    if (std::any_of(part.owners.begin(), part.owners.end(), [&](int owner) { return owner >= part.parts; })) foreign();
    return part;
}

std::string write(const Outcome& outcome) {
    Writer writer;
    writer.put(outcome.plan);
    writer.put(outcome.best);
    writer.put(outcome.extras);
    for (const std::int64_t each : {outcome.cost, outcome.best_cost, outcome.moves}) writer.put(each);
    return std::move(writer.bytes);
}

Outcome read_outcome(const Problem& problem, std::string_view bytes) {
    Reader reader(problem, bytes);
    Outcome outcome;
    outcome.plan = reader.plan();
    outcome.best = reader.plan();
    outcome.extras = reader.amounts();
    outcome.cost = reader.number(), outcome.best_cost = reader.number(), outcome.moves = reader.number();
    reader.end();
    if (outcome.extras.size() != problem.orders.size()) foreign();
    return outcome;
}

std::string run_part(const Problem& problem, std::string_view bytes, const std::atomic<bool>& halt) {
    const Part part = read_part(problem, bytes);
    Search search(problem, part.seed, &halt);
    search.expect(part.extras);
    search.load(part.plan.pieces, part.plan.routes);
    if (!part.owners.empty()) search.restrict_to(part.owners, part.couriers, part.index, part.parts);
    search.anneal(part.steps, part.seconds, part.from, part.to, part.hot, part.cold);
    return write(Outcome{{search.state().pieces, search.state().routes}, {search.best_pieces(), search.best_routes()}, search.extras(), search.cost(), search.best_cost(), search.moves()});
}

}  // namespace dropwright
