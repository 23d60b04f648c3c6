namespace Zocalo;

/// <summary>Where a server's handlers run.</summary>
public enum HandlerPlacement
{
    /// <summary>Where the engine runs code: on the loop's thread (<c>select</c>, <c>epoll</c>), on a thread for each connection
    /// (<c>threads</c>), or on the thread pool (<c>async</c>). The fastest choice, for handlers that await.</summary>
    Engine,

    /// <summary>On the thread pool, with every engine: for handlers that block their thread. Costs a switch to another thread for each
    /// wait.</summary>
    Pool,
}
