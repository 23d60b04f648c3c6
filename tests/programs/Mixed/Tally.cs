/// <summary>What all clients have seen, by the work that they asked for.</summary>
internal sealed class Tally
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Work, Counts> _counts = [];
    private readonly List<string> _problems = [];

    internal enum Problem
    {
        Wrong,      // the answer differs
        Hung,       // it never came
        Lost,       // the server ended the connection, or would not take one
    }

    internal Dictionary<string, object> Works
    {
        get
        {
            lock (_lock)
            {
                return _counts.OrderBy(each => each.Key).ToDictionary(each => $"{each.Key}", each => (object)new
                {
                    answers = each.Value.Answers,
                    longest = Math.Round(each.Value.Longest.TotalMilliseconds, 1),
                });
            }
        }
    }

    internal long Answers
    {
        get
        {
            lock (_lock)
            {
                return _counts.Values.Sum(each => each.Answers);
            }
        }
    }

    /// <summary>A line for each problem.</summary>
    internal IReadOnlyList<string> Problems
    {
        get
        {
            lock (_lock)
            {
                return [.. _problems];
            }
        }
    }

    internal void Answered(Work work, TimeSpan took)
    {
        lock (_lock)
        {
            var counts = _counts.GetValueOrDefault(work);
            _counts[work] = new(counts.Answers + 1, took > counts.Longest ? took : counts.Longest);
        }
    }

    internal void Failed(Problem problem, Work work, string how)
    {
        lock (_lock)
        {
            _problems.Add($"{problem}: {work}, {how}");
        }
    }

    private readonly record struct Counts(long Answers, TimeSpan Longest);
}
