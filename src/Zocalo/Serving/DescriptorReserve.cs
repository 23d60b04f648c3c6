using Microsoft.Win32.SafeHandles;

namespace Zocalo.Serving;

/// <summary>
/// A few descriptors that are kept in reserve. When no descriptor is free (EMFILE), accepting pauses and the reserve is released: without
/// any free descriptor the runtime cannot even load the code that reports the error, and a plain accept loop dies of it. When the reserve
/// can be taken again, descriptors are free again. Thread-safe.
/// </summary>
internal sealed class DescriptorReserve : IDisposable
{
    private const int Count = 8;
    private const string Nothing = "/dev/null";

    private readonly Lock _lock = new();
    private readonly SafeFileHandle?[] _held = new SafeFileHandle?[Count];

    /// <remarks>
    /// It also gives the thread pool some work while descriptors are free: the pool's first work item starts threads, each needs two
    /// descriptors to start, and without them the runtime ends the process.
    /// </remarks>
    internal DescriptorReserve() => ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);

    internal void Release()
    {
        lock (_lock)
        {
            foreach (var handle in _held)
            {
                handle?.Dispose();
            }
            Array.Clear(_held);
        }
    }

    /// <returns>Whether all of them could be taken; then accepting may continue.</returns>
    internal bool TryTake()
    {
        if (OperatingSystem.IsWindows())
        {
            return true;        // this system has no such limit
        }
        lock (_lock)
        {
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
    }

    public void Dispose() => Release();
}
