namespace Zocalo;

/// <summary>Where a server's handlers run.</summary>
public enum HandlerPlacement
{
    /// <summary>In the engine's own place: on the loop's thread (<c>select</c>, <c>epoll</c>), a thread each (<c>threads</c>), the thread
    /// pool (<c>async</c>). The fastest, for handlers that await.</summary>
    Engine,

    /// <summary>On the thread pool, whatever the engine: for handlers known to block their thread. Costs a hop to another thread for each
    /// wait.</summary>
    Pool,
}
