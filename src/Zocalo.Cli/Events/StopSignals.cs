using System.Runtime.InteropServices;

namespace Zocalo.Cli;

/// <summary>
/// SIGINT and SIGTERM. The first one asks (<see cref="Stop"/>), the second one cuts (<see cref="Abort"/>), and the process
/// is over soon after it, whatever the tool is doing then; the third one does not wait for that.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // What is aborted needs a moment until its peers have the reset; a handler that blocks its thread gets no more than this.
    private static readonly TimeSpan LastResort = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private ITimer? _lastResort;
    private int _arrived;
    private volatile int _exitCode;
    private volatile int _abortExitCode;

    private StopSignals()
    {
        // A script's 'zocalo echo &' comes with SIGINT ignored, and .NET respects that; but what the help says of
        // 'kill -INT' holds however the tool was started, as it does for other servers.
        if (!OperatingSystem.IsWindows() && LibC.IsIgnored(LibC.SignalInterrupt))
        {
            LibC.StopIgnoring(LibC.SignalInterrupt);
        }
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Arrived(context, Cli.ExitCode.Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Arrived(context, Cli.ExitCode.Terminated));
    }

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Fires at the second signal.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>130 or 143 for the signal that came first; 0 while none has come.</summary>
    public int ExitCode => _exitCode;

    /// <summary>130 or 143 for the signal that came second; 0 while it has not come.</summary>
    public int AbortExitCode => _abortExitCode;

    /// <summary>Runs work that the first signal ends: then the exit code is that of the signal.</summary>
    public static async Task<int> RunAsync(Func<StopSignals, Task<int>> work)
    {
        using var signals = new StopSignals();
        try
        {
            return await work(signals);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return signals.ExitCode;
        }
    }

    /// <summary>The line and the exit code of a server that had to abort clients when it was stopped.</summary>
    public ToolException SummaryOf(int aborted, TimeSpan drainTimeout)
    {
        var isSecondSignal = AbortExitCode != 0;
        var why = isSecondSignal ? "at the second signal" : $"not finished within {Duration.Format(drainTimeout)} (--drain-timeout)";
        return new($"{TextEvents.Count(aborted)} aborted: {why}", isSecondSignal ? AbortExitCode : Cli.ExitCode.Network);
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _lastResort?.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private void Arrived(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        switch (Interlocked.Increment(ref _arrived))
        {
            case 1:
                _exitCode = exitCode;
                _stop.Cancel();
                break;
            case 2:
                _abortExitCode = exitCode;
                _lastResort = TimeProvider.System.CreateTimer(_ => EventOutput.Exit(exitCode), null, LastResort, Timeout.InfiniteTimeSpan);
                _abort.Cancel();
                break;
            default:
                EventOutput.Exit(exitCode);
                break;
        }
    }
}
