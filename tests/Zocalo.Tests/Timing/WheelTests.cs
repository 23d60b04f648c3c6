using Zocalo.Timing;

namespace Zocalo.Tests.Timing;

/// <summary>Each one is visited in its period, and what is counted has passed.</summary>
public sealed class WheelTests
{
    private readonly LateClock _clock = new();
    private readonly Wheel _wheel;

    public WheelTests() => _wheel = Wheel.Of(_clock);

    [Fact]
    public void A_wheel_belongs_to_its_clock()
    {
        Assert.Same(_wheel, Wheel.Of(_clock));
        Assert.NotSame(_wheel, Wheel.Of(new LateClock()));
    }

    [Fact]
    public void What_is_counted_has_passed_whatever_the_timer_does()
    {
        var random = new Random(5);
        var all = Enumerable.Range(0, 200).Select(_ => new Visited(_clock, 1 + random.Next(Wheel.LongestPeriod))).ToArray();
        foreach (var each in all)
        {
            Add(each);
            _clock.Pass(TimeSpan.FromMilliseconds(random.Next(30)));
        }
        for (var i = 0; i < 5_000; i++)
        {
            _clock.Fire(TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(20_000) : random.Next(80)));
            if (random.Next(4) == 0)
            {
                var one = all[random.Next(all.Length)];
                _wheel.Hasten(one, 1 + random.Next(Wheel.LongestPeriod), isBackground: true);
            }
        }
        Assert.All(all, each =>
        {
            Assert.True(each.Visits > 50, $"visited {each.Visits} times");
            Assert.True(each.MostAhead <= Wheel.Tick, $"{each.MostAhead} were counted and had not passed");
        });
    }

    [Fact]
    public void A_timer_that_is_always_a_little_late_does_not_make_the_wheel_slow()
    {
        var each = Add(new Visited(_clock, 10));
        var began = _clock.GetTimestamp();
        for (var i = 0; i < 1_000; i++)
        {
            _clock.Fire(TimeSpan.FromMilliseconds(60));
        }
        Assert.InRange(_clock.GetElapsedTime(began) - each.Total, TimeSpan.Zero, Wheel.Tick * 2);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(86_400)]
    public void Time_in_which_nobody_looked_is_not_counted(int seconds)
    {
        var each = Add(new Visited(_clock, 20));
        _clock.Fire(TimeSpan.Zero);
        var before = each.Total;
        _clock.Fire(TimeSpan.FromSeconds(seconds));
        Assert.Equal(20 * Wheel.Tick, each.Total - before);
        _clock.Fire(TimeSpan.Zero);
        Assert.Equal(40 * Wheel.Tick, each.Total - before);
    }

    [Fact]
    public void Those_that_begin_together_are_not_visited_together()
    {
        var all = Enumerable.Range(0, 6_200).Select(_ => Add(new Visited(_clock, Wheel.LongestPeriod))).ToArray();
        for (var i = 0; i < 200; i++)
        {
            var before = all.Sum(each => each.Visits);
            _clock.Fire(TimeSpan.Zero);
            Assert.InRange(all.Sum(each => each.Visits) - before, 0, 200);
        }
        Assert.All(all, each => Assert.InRange(each.Visits, 2, 4));
    }

    [Fact]
    public void A_wheel_with_nobody_in_it_sets_no_timer()
    {
        Assert.False(_clock.IsSet);
        var each = Add(new Visited(_clock, 3));
        Assert.True(_clock.IsSet);
        _wheel.Remove(each);
        _clock.Fire(TimeSpan.Zero);
        Assert.False(_clock.IsSet);
        Assert.Equal(0, each.Visits);
        Add(each);
        _clock.Fire(TimeSpan.Zero);
        Assert.Equal(1, each.Visits);
    }

    [Fact]
    public void One_that_leaves_during_its_visit_is_not_visited_again()
    {
        Visited leaving = null!;
        leaving = Add(new Visited(_clock, 1) { OnVisit = () => _wheel.Remove(leaving) });
        var other = Add(new Visited(_clock, 1));
        _clock.Fire(TimeSpan.Zero);
        _clock.Fire(TimeSpan.Zero);
        _clock.Fire(TimeSpan.Zero);
        Assert.Equal(1, leaving.Visits);
        Assert.InRange(other.Visits, 2, 3);
    }

    [Fact]
    public void One_that_is_hastened_is_visited_sooner_also_during_its_visit()
    {
        var each = Add(new Visited(_clock, Wheel.LongestPeriod));
        _clock.Fire(TimeSpan.Zero);
        _wheel.Hasten(each, 3, isBackground: true);
        var before = _clock.GetTimestamp();
        _clock.Fire(TimeSpan.Zero);
        Assert.InRange(_clock.GetElapsedTime(before), 3 * Wheel.Tick, 4 * Wheel.Tick);
        each.OnVisit = () => _wheel.Hasten(each, 2, isBackground: true);
        _clock.Fire(TimeSpan.Zero);
        each.OnVisit = null;
        before = _clock.GetTimestamp();
        _clock.Fire(TimeSpan.Zero);
        Assert.Equal(2 * Wheel.Tick, _clock.GetElapsedTime(before));
    }

    [Fact]
    public void A_time_has_passed_when_its_ticks_were_counted()
    {
        Assert.Equal(2, Wheel.ToTicks(Wheel.Tick));
        Assert.Equal(3, Wheel.ToTicks(Wheel.Tick + TimeSpan.FromTicks(1)));
        Assert.True(Wheel.ToTicks(TimeSpan.MaxValue) > 1_000_000);
    }

    private Visited Add(Visited visited)
    {
        visited.Begin();
        _wheel.Add(visited, visited.Period);
        return visited;
    }

    private sealed class Visited(LateClock clock, int period) : IVisited
    {
        private VisitNode _node = new() { IsBackground = true };
        private long _began;
        private int _ticks;

        public ref VisitNode Node => ref _node;

        internal int Period => period;

        internal int Visits { get; private set; }

        /// <summary>What was counted in all.</summary>
        internal TimeSpan Total { get; private set; }

        internal TimeSpan Counted => _ticks * Wheel.Tick;

        internal TimeSpan Elapsed => clock.GetElapsedTime(_began);

        /// <summary>By how much it was counted more than had passed, at most, since any visit.</summary>
        internal TimeSpan MostAhead { get; private set; }

        internal Action? OnVisit { get; set; }

        internal void Begin() => _began = clock.GetTimestamp();

        public int Visit(int ticks)
        {
            Visits++;
            _ticks += ticks;
            Total += ticks * Wheel.Tick;
            // From the beginning, and from here again: a delay that was not counted leaves no room for counting too much afterwards.
            var ahead = Counted - Elapsed;
            MostAhead = ahead > MostAhead ? ahead : MostAhead;
            if (ahead < -Wheel.Tick * 2)
            {
                (_ticks, _began) = (0, clock.GetTimestamp());
            }
            OnVisit?.Invoke();
            return period;
        }
    }
}
