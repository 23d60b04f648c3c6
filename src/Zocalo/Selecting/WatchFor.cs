namespace Zocalo;

/// <summary>What a descriptor is watched for: which of the three lists of select(2) it is in.</summary>
[Flags]
public enum WatchFor
{
    /// <summary>Nothing, for now: it stays known, and is told of in no list.</summary>
    None = 0,

    /// <summary>A read would not wait: bytes are there, or the end, or an error; on a listening socket, a connection to accept.</summary>
    Reading = 1,

    /// <summary>A write would not wait: there is room for some bytes, or an error; on a connecting socket, the attempt is over, well or
    /// badly.</summary>
    Writing = 2,

    /// <summary>Urgent data (TCP's out-of-band byte), or an error.</summary>
    Exceptional = 4,
}
