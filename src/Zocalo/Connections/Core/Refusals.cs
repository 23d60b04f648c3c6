using Microsoft.Extensions.Logging;
using Zocalo.Engines;
using Zocalo.Security;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>Refuses peers: counts them, logs some of them, and says the last words to a few at a time. It never waits.
/// Thread-safe.</summary>
internal sealed class Refusals(AdmissionOptions options, ConnectionSettings settings)
{
    /// <summary>Peers that are told at the same time: each has a descriptor until it has hung up.</summary>
    internal const int MostFarewells = 16;

    /// <summary>Refusals that are logged one by one in an <see cref="Interval"/>.</summary>
    internal const int MostLogged = 5;

    /// <summary>The interval, in seconds.</summary>
    internal const int IntervalSeconds = 10;

    /// <summary>How long a peer may take to hang up after the last words.</summary>
    internal static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(IntervalSeconds);

    private readonly Lock _lock = new();
    private int _farewells;
    private TaskCompletionSource? _done;
    private long _began;
    private int _logged;
    private long _count;
    private long _untold;

    internal long Count => Volatile.Read(ref _count);

    /// <summary>Called for each refused peer.</summary>
    internal Action? Refused { get; set; }

    internal void Refuse(StreamSocket socket, Address peer, Refusal why, Exception? failure)
    {
        Interlocked.Increment(ref _count);
        Refused?.Invoke();
        Tell(peer, why, failure);
        if (!options.LastWords.IsEmpty && TryBegin())
        {
            _ = SayAsync(new Connection(socket, settings));
            return;
        }
        socket.Abort();
        socket.Close();     // at once: nothing is in flight
    }

    /// <summary>Completes when no peer is being told. Called when nobody is refused any more.</summary>
    internal Task WhenDone()
    {
        lock (_lock)
        {
            return _farewells == 0 ? Task.CompletedTask : (_done ??= new()).Task;
        }
    }

    /// <summary>Logs how many were left out.</summary>
    internal void Flush()
    {
        if (Interlocked.Exchange(ref _untold, 0) is > 0 and var untold)
        {
            Log.MoreRefused(settings.Logger, untold, Count);
        }
    }

    private bool TryBegin()
    {
        lock (_lock)
        {
            return _farewells < MostFarewells && ++_farewells > 0;
        }
    }

    private void End()
    {
        TaskCompletionSource? done;
        lock (_lock)
        {
            done = --_farewells == 0 ? _done : null;
        }
        done?.TrySetResult();
    }

    private async Task SayAsync(Connection connection)
    {
        try
        {
            await connection.SendAsync(options.LastWords);
            await connection.CloseAsync().WaitAsync(FarewellTime, settings.Time);
        }
        catch (Exception error) when (error is ConnectionException or TimeoutException)
        {
            connection.Abort();     // it has gone, or does not hang up
        }
        End();
    }

    private void Tell(Address peer, Refusal why, Exception? failure)
    {
        if (!settings.Logger.IsEnabled(LogLevel.Information))
        {
            return;
        }
        if (!TryTakeTurn())
        {
            Interlocked.Increment(ref _untold);
            return;
        }
        Flush();
        if (failure is not null)
        {
            Log.AdmissionFailed(settings.Logger, peer, failure);
            return;
        }
        Log.Refused(settings.Logger, peer, why switch
        {
            Refusal.Rules => "the access rules do not let it in",
            Refusal.PerAddress => $"its address has {options.PerAddress} connections already",
            _ => "the program's own rule refused it",
        });
    }

    /// <returns>Whether it is one of the first in its interval.</returns>
    private bool TryTakeTurn()
    {
        lock (_lock)
        {
            if (_logged == 0 || settings.Time.GetElapsedTime(_began) >= Interval)
            {
                (_began, _logged) = (settings.Time.GetTimestamp(), 0);
            }
            return _logged < MostLogged && ++_logged > 0;
        }
    }
}
