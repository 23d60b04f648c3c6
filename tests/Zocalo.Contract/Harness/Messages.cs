using System.Buffers.Binary;
using System.Text;

namespace Zocalo.Contract.Harness;

/// <summary>Messages in the claims' usual format, a length of four bytes in front, and their bytes on the wire, made by hand.</summary>
internal static class Messages
{
    internal static readonly FrameFormat Format = Frames.LengthPrefixed();

    /// <summary>The same for the long ones; it speaks with <see cref="Format"/>.</summary>
    internal static readonly FrameFormat Long = Frames.LengthPrefixed(maxFrameLength: Stall.Bytes);

    /// <summary>Room for one of them.</summary>
    internal static readonly ConnectionOptions Roomy = new() { ReceiveLimit = Stall.Bytes + 4 };

    internal static Frame Of(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Text(this Frame frame) => Encoding.UTF8.GetString(frame.Span);

    internal static byte[] Wire(params string[] texts) => [.. texts.SelectMany(text => Wire(Encoding.UTF8.GetBytes(text)))];

    internal static byte[] Wire(byte[] payload)
    {
        var wire = new byte[4 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(wire, payload.Length);
        payload.CopyTo(wire, 4);
        return wire;
    }

    /// <summary>A length that no format of the claims allows.</summary>
    internal static byte[] Corrupt => [0xFF, 0xFF, 0xFF, 0xFF];

    internal static FramedConnection<Frame, Frame> AsMessages(this Connection connection, MessagingOptions? options = null) =>
        connection.AsFramed(Format, options);

    internal static ValueTask SayAsync(this FramedConnection<Frame, Frame> peer, string text) => peer.SendAsync(Of(text)).InTime();

    /// <summary>The next message as text; null at the end.</summary>
    internal static async Task<string?> NextAsync(this FramedConnection<Frame, Frame> peer)
    {
        while (true)
        {
            if (peer.TryRead(out var frame))
            {
                return frame.Text();
            }
            if (!await peer.WaitToReadAsync().InTime())
            {
                return null;
            }
        }
    }

    /// <summary>Asserts that exactly this message comes next; null for the end.</summary>
    internal static async Task HearAsync(this FramedConnection<Frame, Frame> peer, string? text) =>
        Assert.Equal(text, await peer.NextAsync());

    /// <summary>Every message until the end, as owned bytes.</summary>
    internal static async Task<List<byte[]>> AllAsync(this FramedConnection<Frame, Frame> peer)
    {
        var all = new List<byte[]>();
        while (await peer.WaitToReadAsync().InTime())
        {
            while (peer.TryRead(out var frame))
            {
                all.Add(frame.ToArray());
            }
        }
        return all;
    }

    /// <summary>Sends one message that fills the outbox for certain, until the peer reads <see cref="ClogLength"/> bytes. It is accepted.
    /// The format must be <see cref="Long"/>.</summary>
    internal static async Task ClogAsync<TIn>(this FramedConnection<TIn, Frame> peer) => await peer.SendAsync(s_clog).InTime();

    internal static readonly int ClogLength = 4 + Stall.Bytes;

    private static readonly Frame s_clog = new byte[Stall.Bytes];
}
