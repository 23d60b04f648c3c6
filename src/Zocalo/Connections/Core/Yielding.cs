using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>
/// The last step of each operation that the program awaits. The answer is given at once, unless a simulation decides by its seed that
/// others go first (<see cref="Engines.EngineScheduler.MayYield"/>). On an engine this costs one call.
/// </summary>
/// <remarks>
/// The operation itself is done. Only the caller that awaits it continues later, as if its thread had been preempted just then. The
/// connection is kept alive meanwhile, as by any wait. A caller that blocks its thread calls the operation without this step: a simulation
/// has no other thread.
/// </remarks>
internal static class Yielding
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ValueTask<T> MayYield<T>(this Connection connection, ValueTask<T> answer) =>
        connection.Core.Scheduler.MayYield && answer.IsCompleted && connection.Core.Scheduler.TryYield(out var others)
            ? AfterAsync(others, answer, connection)
            : answer;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ValueTask MayYield(this Connection connection, ValueTask answer) =>
        connection.Core.Scheduler.MayYield && answer.IsCompleted && connection.Core.Scheduler.TryYield(out var others)
            ? AfterAsync(others, answer, connection)
            : answer;

    internal static Task<T> MayYield<T>(this Connection connection, Task<T> answer) =>
        connection.MayYield(new ValueTask<T>(answer)).AsTask();

    private static async ValueTask<T> AfterAsync<T>(Task others, ValueTask<T> answer, Connection connection)
    {
        await others.ConfigureAwait(false);
        GC.KeepAlive(connection);
        return await answer.ConfigureAwait(false);
    }

    private static async ValueTask AfterAsync(Task others, ValueTask answer, Connection connection)
    {
        await others.ConfigureAwait(false);
        GC.KeepAlive(connection);
        await answer.ConfigureAwait(false);
    }
}
