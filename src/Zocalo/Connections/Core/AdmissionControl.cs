using Zocalo.Engines;
using Zocalo.Security;

namespace Zocalo.Connections;

/// <summary>Admits peers or refuses them, and sets the pace of accepting, for all listeners of a server together. Thread-safe.</summary>
internal sealed class AdmissionControl(AdmissionOptions options, ConnectionSettings settings)
{
    private readonly AdmissionGate _gate = new(options);
    private readonly AcceptPace? _pace = options.AcceptRate == 0 ? null : new(
        options.AcceptRate, options.AcceptBurst > 0 ? options.AcceptBurst : options.AcceptRate, settings.Time);

    internal Refusals Refusals { get; } = new(options, settings);

    /// <summary>Waits until one more connection may be accepted, or the token fires.</summary>
    internal Task WaitForTurnAsync(CancellationToken cancellationToken) => _pace?.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    /// <param name="socket">What was accepted. If it is refused, it is not the caller's any more.</param>
    /// <param name="lease">To be disposed once, when the connection has ended.</param>
    internal bool TryAdmit(StreamSocket socket, out IDisposable? lease)
    {
        lease = null;
        if (_gate.IsOpen)
        {
            return true;
        }
        var peer = socket.RemoteAddress;
        var why = _gate.Decide(peer, out lease, out var failure);
        if (why == Refusal.None)
        {
            return true;
        }
        Refusals.Refuse(socket, peer, why, failure);
        return false;
    }
}
