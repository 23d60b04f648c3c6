namespace Zocalo.Testing;

/// <summary>Code of a simulation has run outside of it, on another thread: the seed no longer decides what happens.</summary>
public sealed class EscapedException : Exception
{
    internal EscapedException(string escapes) : base(
        "Code left the simulation, so its seed does not replay it. Await inside it without ConfigureAwait(false), take time from the " +
        $"network (Task.Delay(time, net.Time)), and start nothing with Task.Run. What left:\n{escapes}")
    {
    }
}
