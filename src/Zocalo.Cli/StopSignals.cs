using System.Runtime.InteropServices;

namespace Zocalo.Cli;

/// <summary>
/// SIGINT and SIGTERM. The first one asks (<see cref="Stop"/>), the second one exits at once, whatever
/// the tool is doing then: a drain that never ends must not need <c>kill -9</c>.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    public StopSignals()
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

    /// <summary>130 or 143 for the signal that came first; 0 while none has come.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode);

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private void Arrived(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            _stop.Cancel();
        }
        else
        {
            Environment.Exit(exitCode);
        }
    }
}
