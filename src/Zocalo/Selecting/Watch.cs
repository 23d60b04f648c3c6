namespace Zocalo.Selecting;

/// <summary>One descriptor that is watched. Belongs to its selector's owner.</summary>
internal sealed class Watch(Selectable thing, int descriptor, WatchFor asked)
{
    internal Selectable Thing { get; } = thing;

    internal int Descriptor { get; } = descriptor;

    internal WatchFor Asked { get; set; } = asked;

    /// <summary>What the last wait found, of what was asked.</summary>
    internal WatchFor Told { get; set; }

    /// <summary>The last wait found that there is no such descriptor.</summary>
    internal bool IsGone { get; set; }

    /// <summary>It wakes for what nobody asked, such as a hang-up. See <see cref="Backing.Tell"/>.</summary>
    internal bool IsMuted { get; set; }

    /// <summary>What epoll calls it by: numbers of descriptors come back, these do not.</summary>
    internal ulong Key { get; set; }

    internal bool Asks(WatchFor what) => (Asked & what) != 0;

    internal bool Tells(WatchFor what) => (Told & what) != 0;

    internal ArgumentException NotOpen() => new($"The {this} is to be watched, and is not open.");

    /// <summary>"Socket (descriptor 5)", or "descriptor 5".</summary>
    public override string ToString() => Thing.Handle is null && Thing.Socket is null ? $"{Thing}" : $"{Thing} (descriptor {Descriptor})";
}
