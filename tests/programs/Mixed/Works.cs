using System.Threading.Channels;

/// <summary>What handlers do with the libraries of .NET, and with others, awaiting and blocking. Each comes to
/// <see cref="Request.ResultWith"/>, by its own way.</summary>
internal sealed class Works(HttpClient http, Uri root, Database database)
{
    private const int Permits = 2;
    private const int MostJobs = 16;

    private readonly Lock _lock = new();
    private readonly object _monitor = new();
    private readonly SemaphoreSlim _semaphore = new(Permits);
    private readonly SemaphoreSlim _waitedFor = new(Permits);
    private readonly Channel<Job> _jobs = Channel.CreateBounded<Job>(MostJobs);

    private readonly record struct Job(Request Request, ChannelWriter<ulong> Results);

    /// <summary>The worker of <see cref="Work.Channel"/>, until <see cref="Stop"/>.</summary>
    internal async Task RunWorkerAsync()
    {
        await foreach (var job in _jobs.Reader.ReadAllAsync())
        {
            foreach (var part in job.Request.Parts())
            {
                await job.Results.WriteAsync(Pure.Mix(part));
            }
            job.Results.Complete();
        }
    }

    internal void Stop() => _jobs.Writer.Complete();

    internal async Task<ulong?> DoAsync(Request request, Home home) => request.Work switch
    {
        Work.Http => Pure.Hash(await home.AwaitAsync(http.GetByteArrayAsync(UriOf(request)))),
        Work.Database => Pure.Hash(await home.AwaitAsync(database.QueryAsync(request.Hash, CancellationToken.None))),
        Work.Channel => await home.AwaitAsync(UseWorkerAsync(request)),
        Work.Delay => await home.AwaitAsync(DelayAsync(request)),
        Work.PeriodicTimer => await home.AwaitAsync(TickAsync(request)),
        Work.Timer => await home.AwaitAsync(UseTimerAsync(request)),
        Work.Parallel => await home.AwaitAsync(UseManyAsync(request)),
        Work.TaskRun => await home.AwaitAsync(Task.Run(request.SumOfParts)),
        Work.Semaphore => await home.AwaitAsync(HoldAsync(request)),
        _ => await BlockAsync(request, home),
    };

    private async ValueTask<ulong> BlockAsync(Request request, Home home)
    {
        switch (request.Work)
        {
            case Work.HttpResult:
                return Pure.Hash(http.GetByteArrayAsync(UriOf(request)).Result);
            case Work.HttpSend:
                return Send(request);
            case Work.DatabaseResult:
                return Pure.Hash(database.QueryAsync(request.Hash, CancellationToken.None).GetAwaiter().GetResult());
            case Work.DelayWait:
                Task.Delay(request.Time).Wait();
                break;
            case Work.TaskRunResult:
                return Task.Run(() => DelayAsync(request)).Result;
            case Work.Lock:
                lock (_lock)
                {
                    Thread.Sleep(request.Time);
                }
                break;
            case Work.Monitor:
                lock (_monitor)
                {
                    Thread.Sleep(request.Time);
                }
                break;
            case Work.SemaphoreWait:
                _waitedFor.Wait();
                return await home.AwaitAsync(ReleaseLaterAsync(request, _waitedFor));
            case Work.Sleep:
                Thread.Sleep(request.Time);
                break;
        }
        return request.SumOfParts();
    }

    private async Task<ulong> UseWorkerAsync(Request request)
    {
        var results = Channel.CreateUnbounded<ulong>();
        await _jobs.Writer.WriteAsync(new Job(request, results.Writer));
        var sum = 0ul;
        await foreach (var result in results.Reader.ReadAllAsync())
        {
            sum += result;
        }
        return sum;
    }

    private static async Task<ulong> DelayAsync(Request request)
    {
        await Task.Delay(request.Time);
        return request.SumOfParts();
    }

    private static async Task<ulong> TickAsync(Request request)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var sum = 0ul;
        foreach (var part in request.Parts())
        {
            await timer.WaitForNextTickAsync();
            sum += Pure.Mix(part);
        }
        return sum;
    }

    private static async Task<ulong> UseTimerAsync(Request request)
    {
        var fired = new TaskCompletionSource<ulong>();      // continuations without a context run in the timer's callback
        await using var timer = new Timer(_ => fired.TrySetResult(request.SumOfParts()), null, request.Time, Timeout.InfiniteTimeSpan);
        return await fired.Task;
    }

    private static async Task<ulong> UseManyAsync(Request request)
    {
        var sum = 0ul;
        await Parallel.ForEachAsync(request.Parts(), async (part, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(part % 3), cancellationToken);
            Interlocked.Add(ref sum, Pure.Mix(part));
        });
        return sum;
    }

    private async Task<ulong> HoldAsync(Request request)
    {
        await _semaphore.WaitAsync();
        return await ReleaseLaterAsync(request, _semaphore);
    }

    private static async Task<ulong> ReleaseLaterAsync(Request request, SemaphoreSlim semaphore)
    {
        try
        {
            await Task.Delay(request.Time);     // in the loop's context, which others block that wait for the semaphore
            return request.SumOfParts();
        }
        finally
        {
            semaphore.Release();
        }
    }

    private ulong Send(Request request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, UriOf(request));
        using var response = http.Send(message);
        using var body = new MemoryStream();
        response.Content.ReadAsStream().CopyTo(body);
        return Pure.Hash(body.ToArray());
    }

    private Uri UriOf(Request request) => new(root, $"{request.Hash:x16}");
}
