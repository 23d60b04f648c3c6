namespace Zocalo.Cli.Tests.Interop;

/// <summary>All pairings, tried once and several at a time (most of their time is waiting), for the tests that ask for one verdict
/// each.</summary>
public sealed class PairingRun : IAsyncLifetime
{
    private InteropScript.Outcome? _outcome;

    public async ValueTask InitializeAsync() => _outcome = await InteropScript.RunAsync("interop.py", Thorough.IsOn ? [] : ["--short"]);

    public ValueTask DisposeAsync() => default;

    internal void Check(string pairing)
    {
        if (_outcome is null)
        {
            OtherProgram.IsMissing("needs python3");
        }
        var line = _outcome!.Lines.FirstOrDefault(line => line.Contains($": {pairing}: ", StringComparison.Ordinal));
        if (line is null)
        {
            Assert.Fail($"interop.py said nothing about it. {_outcome.Errors}");
        }
        else if (line.StartsWith("skipped: ", StringComparison.Ordinal))
        {
            OtherProgram.IsMissing(line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);
        }
        else if (!line.StartsWith("ok: ", StringComparison.Ordinal))
        {
            Assert.Fail(line);
        }
    }
}
