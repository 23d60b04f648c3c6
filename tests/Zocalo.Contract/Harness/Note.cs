using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Contract.Harness;

/// <summary>A message of a type of the claims' own: <c>number R text</c>, where R marks a reply.</summary>
internal sealed record Note(string Text, long Id = 0, bool IsReply = false)
{
    internal static readonly Protocol<Note, Note> Plain = Messages.Format.Map<Note, Note>(Decode, Encode);

    internal static readonly Protocol<Note, Note> ById = Plain.WithRepliesById(new Numbers(long.MaxValue));

    internal static readonly Protocol<Note, Note> InOrder = Plain.WithRepliesInOrder(note => note.IsReply);

    internal static Protocol<Note, Note> ByIdUpTo(long greatest) => Plain.WithRepliesById(new Numbers(greatest));

    /// <summary>Both ways to tell a reply.</summary>
    internal static IEnumerable<Protocol<Note, Note>> WithReplies => [InOrder, ById];

    internal Note Reply(string text) => new(text, Id, IsReply: true);

    /// <summary>Reads the next, with the wait capped.</summary>
    internal static async Task<Note> NextAsync(FramedConnection<Note, Note> peer)
    {
        Note? note;
        while (!peer.TryRead(out note))
        {
            Assert.True(await peer.WaitToReadAsync().InTime(), "the messages ended");
        }
        return note;
    }

    internal static Note Decode(Frame frame)
    {
        var parts = frame.Text().Split(' ', 3);
        return parts is [var id, var mark, var text]
            ? new(text, long.Parse(id, CultureInfo.InvariantCulture), mark == "R")
            : throw new FormatException("this is no note");
    }

    internal static void Encode(Note note, IBufferWriter<byte> into) =>
        into.Write(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{note.Id} {(note.IsReply ? 'R' : '-')} {note.Text}")));

    private sealed class Numbers(long greatest) : ICorrelation<Note, Note>
    {
        public long GreatestId => greatest;

        public Note WithId(Note request, long id) => request with { Id = id };

        public bool TryGetReplyId(Note message, out long id)
        {
            id = message.Id;
            return message.IsReply;
        }
    }
}
