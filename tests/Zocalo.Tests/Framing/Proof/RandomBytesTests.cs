namespace Zocalo.Tests.Framing.Proof;

/// <summary>
/// Whatever a peer sends, a reader answers with frames or a <see cref="FrameException"/>, goes forward, and holds no more than one frame.
/// 1.5·10⁵ bytes a format; 10⁷ with <c>ZOCALO_THOROUGH=1</c>; 10⁹ with <c>ZOCALO_LONG=1</c> in the environment, which takes about an hour:
/// <c>ZOCALO_LONG=1 dotnet run -c Release --project tests/Zocalo.Tests -- --filter-class "*RandomBytesTests"</c>.
/// </summary>
public sealed class RandomBytesTests
{
    private const string Filter = "--filter-class \"*RandomBytesTests\"";

    private static readonly long BytesPerFormat = Thorough.IsLong ? 1_000_000_000 : Thorough.IsOn ? 10_000_000 : 150_000;

    public static TheoryData<string> Names => FormatTable.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Random_bytes_give_frames_or_declared_errors_within_the_cap(string name)
    {
        var of = FormatTable.Of(name);
        var run = new RandomRun(of, Seeds.Current);
        // On a task of its own, so that a reader that never answers fails the test instead of stopping all of them.
        var running = Task.Run(() => Feed(run, of));
        try
        {
            await running.WaitAsync(Thorough.IsLong ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(60));
        }
        catch (Exception e)
        {
            Assert.Fail($"{name}, {run}: {e}\nAgain: {Seeds.Replay(Filter)}");
        }
        Assert.True(run.Frames > 0 || of.OneFrame, $"{name}, {run}: no frame, so nothing was looked at.");
    }

    // Rubbish can look like the beginning of a frame that is longer than all that comes: then more comes.
    private static void Feed(RandomRun run, FormatCase of)
    {
        run.Feed(BytesPerFormat);
        if (run.Frames == 0 && !of.OneFrame)
        {
            run.Feed(BytesPerFormat + (3L * of.Format.MaxWireLength));
        }
    }
}
