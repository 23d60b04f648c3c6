using System.Runtime.CompilerServices;

namespace Zocalo.Simulation.Workload;

/// <summary>
/// The invariant, asked of every connection when all is over: what arrived is what was sent, or a prefix of it plus the right end. A clean
/// end only if everything arrived; another one only with a cause that really hit this connection.
/// </summary>
internal sealed class Verdict(Stage stage, Evidence evidence)
{
    internal void Judge()
    {
        foreach (var talk in stage.Conversations)
        {
            Judge(talk);
        }
    }

    private void Judge(Conversation talk)
    {
        JudgeSide(talk, talk.Client, talk.Server, ofClient: true);
        if (talk.IsServed)
        {
            JudgeSide(talk, talk.Server, talk.Client, ofClient: false);
        }
        if (talk is { Service: Service.Echo, Server.End: { Reason: EndReason.PeerFinished } echoed })
        {
            Check(talk, echoed.BytesSent == echoed.BytesReceived, $"the echo of {echoed.BytesReceived} bytes has {echoed.BytesSent}");
        }
    }

    private void JudgeSide(Conversation talk, Side side, Side peer, bool ofClient)
    {
        var who = ofClient ? "the client" : "the server";
        if (side.End is not { } end)
        {
            stage.Fail($"{who}'s end never came", talk);
            return;
        }
        stage.Tally.Count($"end of {who[4..]}: {end.Reason}");
        Check(talk, side.Ends == 1, $"{who} was told {side.Ends} ends");
        JudgeBytes(talk, end, peer.End, who);
        JudgePayload(talk, side, peer, who, ofClient);
        JudgeWords(talk, side, end, who);
        Check(
            talk,
            HasCause(talk, side, peer, end, ofClient),
            $"{who} ended {end} ({end.Exception?.Message}), the peer {peer.End}, and nothing that hit it ({evidence.Of(talk)}) explains " +
            $"that");
    }

    /// <summary>A FIN seen means all of what was sent before it.</summary>
    private void JudgeBytes(Conversation talk, ConnectionEnd end, ConnectionEnd? peer, string who)
    {
        if (peer is null)
        {
            Check(talk, end.Input == DirectionEnd.Broken && end.BytesReceived == 0, $"{who} received something from nobody: {end}");
            return;
        }
        Check(talk, end.BytesReceived <= peer.BytesSent, $"{who} received {end.BytesReceived} of {peer.BytesSent} bytes");
        if (end.Input == DirectionEnd.Finished)
        {
            Check(
                talk,
                end.BytesReceived == peer.BytesSent && peer.Output == DirectionEnd.Finished,
                $"{who} saw a FIN after {end.BytesReceived} of {peer.BytesSent} bytes; the peer's output is {peer.Output}");
        }
    }

    /// <summary>The same of what the programs saw: an end told by a read means that all was read. Not at a drain, which ends the input
    /// after what has arrived.</summary>
    private void JudgePayload(Conversation talk, Side side, Side peer, string who, bool ofClient)
    {
        if (side.IsUncounted || peer.IsUncounted || (ofClient && !talk.IsServed))
        {
            return;
        }
        Check(talk, side.Got <= peer.Accepted + peer.Unsure, $"{who} got {side.Got} of {peer.Accepted} to {peer.Accepted + peer.Unsure}");
        if (side.SawEnd && !side.WasDraining)
        {
            Check(
                talk,
                side.Got >= peer.Accepted,
                $"{who} was told the end after {side.Got} of {peer.Accepted} to {peer.Accepted + peer.Unsure}");
        }
    }

    /// <summary>Reason, directions and details say the same.</summary>
    private void JudgeWords(Conversation talk, Side side, ConnectionEnd end, string who)
    {
        if (end.Reason is EndReason.PeerFinished or EndReason.Completed or EndReason.Drained)
        {
            Check(
                talk,
                end is { Input: DirectionEnd.Finished, Output: DirectionEnd.Finished, Deadline: null, SocketError: null, Exception: null },
                $"{who} ended {end} with input {end.Input}, output {end.Output}, {end.Exception}");
        }
        Check(
            talk,
            end.Reason == EndReason.DeadlineExceeded == end.Deadline is not null,
            $"{who} ended {end} with the deadline {end.Deadline}");
        Check(
            talk,
            side.Told is null or EndReason.PeerFinished or EndReason.Drained || side.Told == end.Reason,
            $"{who} was told {side.Told}, and ended {end}");
    }

    /// <summary>Whether something that hit the connection, or that one of the two programs did, is a cause for this end.</summary>
    private bool HasCause(Conversation talk, Side side, Side peer, ConnectionEnd end, bool ofClient)
    {
        var hits = evidence.Of(talk);
        var isGone = hits.HasFlag(Hits.Died) || evidence.WasCutOff(talk) || evidence.Crashed(talk);
        return end.Reason switch
        {
            EndReason.PeerFinished or EndReason.Completed => true,
            EndReason.Drained => !ofClient && side.WasDraining,
            EndReason.Aborted => side.IsCut || side.EndedAt - side.DrainingSince >= Promises.DrainTimeout,
            EndReason.Replaced => !ofClient && talk.IsReplaced,
            EndReason.LimitExceeded => !ofClient && talk.Service == Service.Directory && stage.Broadcasts.Policy == OutboxPolicy.Disconnect,

            // Nobody accepted it: the server stopped, or its machine did, or its accept was told that the client is gone.
            EndReason.Reset when ofClient && !talk.IsServed =>
                stage.WasInterrupted || evidence.ServerCrashed || hits != Hits.None || isGone,
            // The peer's FIN was lost, and its machine is done with the connection: keep-alive's probe is answered with a reset (RFC 9293
            // §3.10.7.1).
            EndReason.Reset when hits.HasFlag(Hits.LostFin) && end.Input == DirectionEnd.Broken && peer.EndedAt < side.EndedAt => true,
            EndReason.Reset => (hits & (Hits.Reset | Hits.Forgotten | Hits.NoBuffers)) != 0 || evidence.Crashed(talk) || GaveUp(peer.End),
            EndReason.Unresponsive => isGone || (hits.HasFlag(Hits.Forgotten) && evidence.Crashed(talk)),

            // While it closed, the peer took nothing and did not finish: because it could not, or because its program had not come to it.
            EndReason.DeadlineExceeded =>
                (hits & ~Hits.NoBuffers) != 0 || isGone || evidence.HasLoss || !talk.IsServed || WasLate(side, peer),
            _ => false,     // HandlerFailed, ProtocolError, Truncated: nothing in here gives cause for them
        };
    }

    /// <summary>The peer cut the connection, for a reason of its own, which is asked for at its side.</summary>
    private static bool GaveUp(ConnectionEnd? peer) => peer?.Reason
        is EndReason.Aborted
        or EndReason.DeadlineExceeded
        or EndReason.LimitExceeded
        or EndReason.Replaced
        or EndReason.Unresponsive;

    private static bool WasLate(Side side, Side peer) =>
        side.DoneAt is { } done && (peer.DoneAt is not { } peers || peers - done >= Promises.CloseTimeout || side.EndedAt < peers);

    private void Check(Conversation talk, bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref WhenBroken what) =>
        stage.Check(holds, talk, ref what);
}
