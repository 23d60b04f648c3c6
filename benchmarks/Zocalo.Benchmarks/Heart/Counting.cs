using System.Diagnostics.Metrics;

namespace Zocalo.Benchmarks.Heart;

/// <summary>Everything that can be counted and watched, switched on: a listener to the meter that collects each second, a callback for each
/// end, and somebody who watches on the control socket.</summary>
internal static class Counting
{
    private static readonly MeterListener s_listener = new();
    private static ITimer? s_collecting;
    private static long s_measured;

    internal static ServerOptions Of(Engine engine)
    {
        s_listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Zocalo")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        s_listener.SetMeasurementEventCallback<long>(static (_, value, _, _) => Interlocked.Add(ref s_measured, value));
        s_listener.Start();
        var second = TimeSpan.FromSeconds(1);
        s_collecting = TimeProvider.System.CreateTimer(static _ => s_listener.RecordObservableInstruments(), null, second, second);
        var control = new UnixAddress(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zocalo"));
        _ = WatchAsync(control);
        return new() { Engine = engine, ControlSocket = control, Ended = static (_, _) => { } };
    }

    private static async Task WatchAsync(UnixAddress control)
    {
        while (!File.Exists(control.Path))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
        await using var lines = await Connector.ConnectAsync(control, Frames.Lines(), new() { Engine = Engine.Async });
        await foreach (var line in lines.ReadAllAsync())
        {
            Interlocked.Add(ref s_measured, line.Length);
        }
    }
}
