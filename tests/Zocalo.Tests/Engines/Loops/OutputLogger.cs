using Microsoft.Extensions.Logging;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>What a server warns of, in the output of the test that made it: a client that sees only a reset does not say why.</summary>
internal sealed class OutputLogger : ILogger
{
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }
        try
        {
            _output?.WriteLine($"{logLevel}: {formatter(state, exception)}\n{exception}");
        }
        catch (InvalidOperationException)
        {
            // The test has ended.
        }
    }
}
