using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>
/// The last step of whatever the program awaits: it has its answer at once, unless a simulation draws that others go first
/// (<see cref="Engines.EngineScheduler.MayYield"/>). On an engine this is one call.
/// </summary>
/// <remarks>
/// The operation itself is done: what goes on later is who awaits it, as if its thread had been taken from it just then. The connection is
/// kept alive meanwhile, as by any wait. Who would block the thread uses the operation beneath: in a simulation there is no other one.
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
