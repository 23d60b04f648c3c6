using System.Runtime.CompilerServices;

namespace Zocalo.Simulation.Workload;

/// <summary>
/// The invariant, checked for every connection at the end of the run: the bytes that arrived are the bytes that were sent, or a prefix of
/// them with the right end. A clean end only if everything arrived; any other end only with a cause that has affected this connection.
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

    /// <summary>After a FIN, everything that was sent before it has arrived.</summary>
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

    /// <summary>The same for what the programs saw: a read that ends means that everything was read. Not at a drain, which ends the input
    /// after the bytes that have arrived.</summary>
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

    /// <summary>Whether a fault of the connection, or an action of one of the two programs, is a cause of this end.</summary>
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

            // It was not accepted: the server or its machine stopped, or the accept failed because the client was gone.
            EndReason.Reset when ofClient && !talk.IsServed =>
                stage.WasInterrupted || evidence.ServerCrashed || hits != Hits.None || isGone,
            // The peer's FIN was lost, and its machine has closed the connection: it answers a keep-alive probe with a reset (RFC 9293
            // §3.10.7.1).
            EndReason.Reset when hits.HasFlag(Hits.LostFin) && end.Input == DirectionEnd.Broken && peer.EndedAt < side.EndedAt => true,
            EndReason.Reset => (hits & (Hits.Reset | Hits.Forgotten | Hits.NoBuffers)) != 0 || evidence.Crashed(talk) || GaveUp(peer.End),
            EndReason.Unresponsive => isGone || (hits.HasFlag(Hits.Forgotten) && evidence.Crashed(talk)),

            // It exceeded a limit, or during the close read nothing and did not finish: because it could not, or because its program had
            // not done so yet.
            EndReason.DeadlineExceeded =>
                (hits & ~Hits.NoBuffers) != 0 || isGone || evidence.HasLoss || !talk.IsServed || WasLate(side, peer),
            _ => false,     // HandlerFailed, ProtocolError, Truncated: nothing in the workload causes them
        };
    }

    /// <summary>Whether the peer aborted the connection; its reason is checked at its side.</summary>
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
