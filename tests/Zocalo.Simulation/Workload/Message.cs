using System.Buffers;

namespace Zocalo.Simulation.Workload;

internal enum MessageKind : byte
{
    Request = 1,
    Reply,
    Notice,         // the server's own
    Login,
    Broadcast,
}

/// <summary>A message that can be checked: its body follows from its other fields.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The number of the request, where messages are numbered.</param>
/// <param name="Stream">The stream of its connection; 0 for a message to all.</param>
/// <param name="Sequence">From 1 on: of a request and its reply, of a stream's notices, of all broadcasts.</param>
/// <param name="Length">Of the body.</param>
internal sealed record Message(MessageKind Kind, long Id, int Stream, int Sequence, int Length)
{
    /// <summary>How it is framed and read. Anything else ends the connection, and the run, with
    /// <see cref="EndReason.ProtocolError"/>.</summary>
    internal static Protocol<Message, Message> In(FrameFormat format) => format.Map<Message, Message>(Decode, Encode);

    private ulong Key => Pattern.Key(Stream, (int)Kind & 3, (Sequence * 8) + (int)Kind);

    private static Message Decode(Frame frame)
    {
        var reader = new WireReader(frame);
        var message = new Message(
            (MessageKind)reader.ReadByte(),
            reader.ReadInt64BigEndian(),
            reader.ReadInt32BigEndian(),
            reader.ReadInt32BigEndian(),
            reader.ReadInt32BigEndian());
        var body = reader.ReadBytes(message.Length).Sequence;
        reader.ThrowIfNotAtEnd();
        return Pattern.Matches(body, message.Key, 0) ? message : throw new FormatException($"the body of {message} is not its own");
    }

    private static void Encode(Message message, IBufferWriter<byte> into)
    {
        var writer = new WireWriter(into);
        writer.WriteByte((byte)message.Kind);
        writer.WriteInt64BigEndian(message.Id);
        writer.WriteInt32BigEndian(message.Stream);
        writer.WriteInt32BigEndian(message.Sequence);
        writer.WriteInt32BigEndian(message.Length);
        Pattern.Fill(into.GetSpan(message.Length)[..message.Length], message.Key, 0);
        into.Advance(message.Length);
    }

    /// <summary>The position of a message's number.</summary>
    internal sealed class Numbers : ICorrelation<Message, Message>
    {
        public Message WithId(Message request, long id) => request with { Id = id };

        public bool TryGetReplyId(Message message, out long id)
        {
            id = message.Id;
            return message.Kind == MessageKind.Reply;
        }
    }
}
