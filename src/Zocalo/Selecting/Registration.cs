namespace Zocalo.Selecting;

/// <summary>One descriptor that is watched. Belongs to the thread that uses the selector.</summary>
internal sealed class Registration(Selectable thing, int descriptor, WatchFor interest)
{
    internal Selectable Thing { get; } = thing;

    internal int Descriptor { get; } = descriptor;

    internal WatchFor Interest { get; set; } = interest;

    /// <summary>What the last wait found, of its interest.</summary>
    internal WatchFor Found { get; set; }

    /// <summary>The last wait found that there is no such descriptor.</summary>
    internal bool IsGone { get; set; }

    /// <summary>It ends waits for events that it has no interest in, such as a hang-up. See <see cref="Backing.Report"/>.</summary>
    internal bool IsMuted { get; set; }

    /// <summary>How epoll names it: numbers of descriptors are used again, these are not.</summary>
    internal ulong Key { get; set; }

    internal bool WaitsFor(WatchFor what) => (Interest & what) != 0;

    internal bool Has(WatchFor what) => (Found & what) != 0;

    internal ArgumentException NotOpen() => new($"The {this} is to be watched, and is not open.");

    /// <summary>"Socket (descriptor 5)", or "descriptor 5".</summary>
    public override string ToString() => Thing.Handle is null && Thing.Socket is null ? $"{Thing}" : $"{Thing} (descriptor {Descriptor})";
}
