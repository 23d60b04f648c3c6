using Zocalo.Testing.Network;

namespace Zocalo.Testing;

/// <summary>One direction of a <see cref="SimulatedConnection"/>: the bytes from one side to the other. Thread-safe.</summary>
public sealed class SimulatedDirection
{
    private readonly World _world;
    private readonly SimulatedConnection _connection;
    private readonly string _towards;
    private readonly Flow _flow;

    internal SimulatedDirection(World world, SimulatedConnection connection, string towards, Flow flow) =>
        (_world, _connection, _towards, _flow) = (world, connection, towards, flow);

    /// <summary>Runs <paramref name="action"/> when exactly that many bytes have arrived in this direction; no more bytes arrive before it
    /// has run.</summary>
    /// <param name="bytes">Counted from the connection's beginning, at least 1.</param>
    /// <param name="action">Runs on the simulation's thread.</param>
    public void AfterBytes(long bytes, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentNullException.ThrowIfNull(action);
        Add(new ByteTrigger(bytes, action));
    }

    /// <summary>Runs <paramref name="action"/> when exactly that many whole frames have arrived in this direction; no more bytes arrive
    /// before it has run.</summary>
    /// <param name="frames">Counted from the connection's beginning, or from this call if bytes have been sent before; at least 1.</param>
    /// <param name="format">The format of the frames.</param>
    /// <param name="action">Runs on the simulation's thread.</param>
    public void AfterFrames(int frames, FrameFormat format, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(action);
        Add(new FrameTrigger(frames, format, action));
    }

    /// <summary>A receive gets a drawn number of bytes, often fewer than have arrived.</summary>
    public void ShortReads() => Set("is read in short pieces", impairment => impairment.ShortReads = true);

    /// <summary>Bytes travel in segments of a drawn size, 1 to <paramref name="most"/> bytes: messages arrive in pieces.</summary>
    public void Split(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        Set($"is split into at most {most} B", impairment => impairment.SegmentSize = most);
    }

    /// <summary>The next bytes travel one by one.</summary>
    /// <param name="bytes">The number of those bytes; the bytes after them travel as before.</param>
    public void Dribble(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        Set($"dribbles {bytes} B", impairment => impairment.DribbleLeft = bytes);
    }

    /// <summary>Bytes wait that long for more bytes and travel together: messages arrive glued together.</summary>
    public void Coalesce(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Set($"coalesces what comes within {time}", impairment => impairment.Coalesce(time));
    }

    /// <summary>Each segment takes a drawn time longer, at most <paramref name="most"/>. Segments stay in order.</summary>
    public void Delay(TimeSpan most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, TimeSpan.Zero);
        Set($"is delayed by up to {most}", impairment => impairment.ExtraDelay = most);
    }

    /// <summary>Nothing is sent for a time; then sending continues.</summary>
    /// <param name="time"><see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    public void Stall(TimeSpan time)
    {
        CheckWhile(time);
        Set($"stalls for {time}", impairment => impairment.StallFor(time));
    }

    /// <summary>The receiver's window is closed for a time: bytes wait at the sender; a FIN passes.</summary>
    /// <param name="time"><see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    public void CloseWindow(TimeSpan time)
    {
        CheckWhile(time);
        Set($"has no window for {time}", impairment => impairment.CloseWindowFor(time));
    }

    /// <summary>The receiving program gets no more than that many bytes per second, as if it were slow.</summary>
    public void SlowReader(int bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        Set($"is read at {bytesPerSecond} B/s", impairment => impairment.ReadRate = bytesPerSecond);
    }

    /// <summary>The FIN never arrives, although it is sent again.</summary>
    public void LoseFin() => Set("will lose its FIN", impairment => impairment.LosesFin = true);

    private static void CheckWhile(TimeSpan time)
    {
        if (time != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        }
    }

    private void Set(string what, Action<Impairment> change) =>
        _connection.Do($"towards the {_towards} {what}", () => change(_flow.Impairment));

    private void Add(Trigger trigger)
    {
        lock (_world.Lock)
        {
            _flow.Impairment.Add(trigger);
        }
    }
}
