using Microsoft.Win32.SafeHandles;

namespace Zocalo.Serving;

/// <summary>
/// A few descriptors held for bad times. When none is left (EMFILE), accepting pauses and these are given up, because a runtime that can
/// open nothing cannot even load what it needs to say so: a plain accept loop dies of it. Taking them back tells that descriptors are free
/// again.
/// </summary>
internal sealed class DescriptorReserve : IDisposable
{
    private const int Count = 8;
    private const string Nothing = "/dev/null";

    private readonly SafeFileHandle?[] _held = new SafeFileHandle?[Count];

    /// <remarks>
    /// Gives the thread pool work while there are descriptors: its first work item starts threads, each of which needs two descriptors to
    /// begin, and without them the runtime ends the process.
    /// </remarks>
    internal DescriptorReserve() => ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);

    internal void Release()
    {
        foreach (var handle in _held)
        {
            handle?.Dispose();
        }
        Array.Clear(_held);
    }

    /// <returns>Whether all of them could be had, which is when accepting may go on.</returns>
    internal bool TryTake()
    {
        if (OperatingSystem.IsWindows())
        {
            return true;        // no such limit there
        }
        try
        {
            for (var i = 0; i < Count; i++)
            {
                _held[i] ??= File.OpenHandle(Nothing);
            }
            return true;
        }
        catch (IOException)
        {
            Release();
            return false;
        }
    }

    public void Dispose() => Release();
}
