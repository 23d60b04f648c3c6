using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>What holds for every payload, by FsCheck, which looks for the smallest one that breaks it.</summary>
public sealed class PayloadProperties
{
    private const string Replay = "--filter-class \"*PayloadProperties\"";

    private readonly Transcript _read = new();
    private readonly Transcript _sent = new();

    public static TheoryData<string> Names => FormatTable.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_payload_comes_back_or_was_refused_without_a_byte_written(string name)
    {
        var of = FormatTable.Of(name);
        Check(of, payload =>
        {
            var wire = new ArrayBufferWriter<byte>();
            if (!TryEncode(of, payload, wire))
            {
                Assert.False(Fits(of, payload), $"{of} refuses what it can carry.");
                Assert.Equal(0, wire.WrittenCount);
                return;
            }
            Assert.True(Fits(of, payload) || of.FillsIn, $"{of} takes what it cannot carry.");
            Assert.True(
                wire.WrittenCount <= of.Format.MaxWireLength,
                $"{wire.WrittenCount} bytes on the wire, where MaxWireLength is {of.Format.MaxWireLength}.");
            if (!Fits(of, payload))
            {
                return;
            }
            _sent.Clear();
            _sent.Add(payload);
            Feeding.Read(of.Format, wire.WrittenSpan.ToArray(), [], Arrival.IntoOneArray, _read);
            Assert.True(_read.Failure is null && _read.StartsWith(_sent) && _read.Count == 1, $"sent {_sent}\ngot {_read}");
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_payload_in_pieces_gives_the_same_bytes_as_in_one(string name)
    {
        var of = FormatTable.Of(name);
        Check(of, payload =>
        {
            var whole = new ArrayBufferWriter<byte>();
            var accepted = TryEncode(of, payload, whole);
            for (var pieces = 2; pieces <= 5; pieces++)
            {
                int[] cuts = [.. Enumerable.Range(1, pieces - 1).Select(i => payload.Length * i / pieces)];
                var spread = new ArrayBufferWriter<byte>();
                Assert.Equal(accepted, TryEncode(of, new Frame(Pieces.Of(payload, cuts, emptyBetween: pieces == 3)), spread));
                Assert.True(
                    whole.WrittenSpan.SequenceEqual(spread.WrittenSpan),
                    $"in one piece {Convert.ToHexString(whole.WrittenSpan)}\nin {pieces} {Convert.ToHexString(spread.WrittenSpan)}");
            }
        });
    }

    /// <summary>An encoder may ask its writer for memory only for what it is about to write, and must live with the least that a writer
    /// gives.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_writer_that_gives_no_byte_too_many_gets_the_same_bytes(string name)
    {
        var of = FormatTable.Of(name);
        Check(of, payload =>
        {
            var roomy = new ArrayBufferWriter<byte>();
            var tight = new TightWriter();
            Assert.Equal(TryEncode(of, payload, roomy), TryEncode(of, payload, tight));
            Assert.True(roomy.WrittenSpan.SequenceEqual(tight.Written));
        });
    }

    private static bool Fits(FormatCase of, byte[] payload) => payload.Length <= of.Format.MaxFrameLength && of.Carries(payload);

    private static bool TryEncode(FormatCase of, Frame payload, IBufferWriter<byte> into)
    {
        try
        {
            if (payload.IsContiguous)
            {
                of.Format.Encode(payload.Span, into);
            }
            else
            {
                of.Format.Encode(payload, into);
            }
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Check(FormatCase of, Action<byte[]> claim)
    {
        var seed = (ulong)Seeds.Current;
        var config = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(Thorough.IsOn ? 60 : 10).WithEndSize(400)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed, 5347), FSharpOption<int>.None)));
        try
        {
            FsCheck.Check.One(config, Prop.ForAll(Payloads(of), claim));
        }
        catch (Exception e)
        {
            Assert.Fail($"{of}: {e.Message}\n{e.InnerException?.Message}\nAgain: {Seeds.Replay(Replay)}");
        }
    }

    /// <summary>Bytes of the format's own among any others, up to a little over the limit; half of them in the format's shape.</summary>
    private static Arbitrary<byte[]> Payloads(FormatCase of)
    {
        var any = Gen.Choose(0, 255).Select(value => (byte)value);
        var bytes = Gen.OneOf(
            Gen.ArrayOf(any),
            Gen.ArrayOf(Gen.OneOf(any, Gen.Elements(of.Alphabet))),
            Gen.ArrayOf(Gen.Elements(of.Alphabet)),
            Gen.ArrayOf(Gen.Constant((byte)'x')));
        var most = Math.Min(of.Format.MaxFrameLength, 4000);
        var atTheLimit = Gen.Choose(Math.Max(0, most - 1), most + 1).SelectMany(
            length => Gen.ArrayOf(Gen.Frequency((9, any), (1, Gen.Elements(of.Alphabet))), length));
        var all = Gen.Frequency((8, bytes), (1, atTheLimit));
        return Arb.From(Gen.OneOf(all, all.Select(of.Shape)), Shorter);
    }

    private static IEnumerable<byte[]> Shorter(byte[] bytes)
    {
        for (var cut = bytes.Length / 2; cut > 0; cut /= 2)
        {
            yield return bytes[..^cut];
            yield return bytes[cut..];
        }
        if (bytes.Length == 1)
        {
            yield return [];
        }
    }
}
