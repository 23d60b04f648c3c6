namespace Zocalo;

/// <summary>Which system call a <see cref="Selector"/> waits in. What is ready is the same in each; what they cost, and how many
/// descriptors they can take, is not.</summary>
public enum SelectorKind
{
    /// <summary>The best that there is: for one call poll, for a selector that is kept epoll where there is one; on Windows its
    /// select.</summary>
    Auto,

    /// <summary>
    /// select(2), of every system. On Unix it knows descriptors below 1,024 (FD_SETSIZE), by their number; the kernel looks at each of them
    /// at each call. On Windows it takes sockets only, and any number of them.
    /// </summary>
    Select,

    /// <summary>poll(2), of every Unix: any descriptor. The kernel looks at each of them at each call.</summary>
    Poll,

    /// <summary>epoll(7), of Linux: the kernel keeps the list, and a wait costs by what is ready instead of by what is watched.</summary>
    Epoll,
}
