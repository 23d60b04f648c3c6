namespace Zocalo.Cli;

/// <summary>Three ways to end, told apart by the server: the client finished, the client broke off, the server was asked to stop.</summary>
internal sealed class EndsRow : ITourRow
{
    private static readonly byte[] Word = "end"u8.ToArray();

    public string Name => "FIN, reset, drain";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} & server=$!
        sleep 1; {zocalo} connect {address} --send 'end\n'
        timeout -s INT 1 {zocalo} connect {address} --send 'end\n' --eof keep
        (sleep 1; kill $server) &
        {zocalo} connect {address} --send 'end\n' --eof keep
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        EchoProcess server = await stage.StartEchoAsync("127.0.0.1:0", [], ct);

        await using Connection finishing = await ConnectAndEchoAsync(server, ct);
        await finishing.CompleteOutputAsync(ct);
        await finishing.CloseAsync(ct);
        string finished = (await server.ClosedAsync(finishing, ct)).Text("reason");

        await using Connection breaking = await ConnectAndEchoAsync(server, ct);
        breaking.Abort();
        string broken = (await server.ClosedAsync(breaking, ct)).Text("reason");

        bool held = finished == nameof(EndReason.PeerFinished) && broken == nameof(EndReason.Reset);
        string seen = $"the server saw {finished} after a FIN, {broken} after a reset";
        if (OperatingSystem.IsWindows())
        {
            return new Outcome(held, $"{seen}; the drain is left out: Windows has no SIGTERM");
        }
        await using Connection staying = await ConnectAndEchoAsync(server, ct);
        server.Terminate();
        byte[] rest = await TutorialRow.ReadToEndAsync(staying.Input, ct);
        ConnectionEnd ours = await staying.CloseAsync(ct);
        string drained = (await server.ClosedAsync(staying, ct)).Text("reason");
        int exitCode = await server.ExitedAsync(ct);

        held &= drained == nameof(EndReason.Drained) && rest.Length == 0 && ours.Reason == EndReason.PeerFinished
            && exitCode == ExitCode.Done;
        return new Outcome(held, $"{seen}, {drained} after SIGTERM (its client: {ours.Reason}; its exit code: {exitCode})");
    }

    // The echo of the word proves that the server is in the middle of this connection.
    private static async Task<Connection> ConnectAndEchoAsync(EchoProcess server, CancellationToken ct)
    {
        Connection connection = await Connector.ConnectAsync(server.Address, null, ct);
        await connection.SendAsync(Word, ct);
        byte[] echo = new byte[Word.Length];
        int received = 0;
        while (received < echo.Length)
        {
            int count = await connection.ReceiveAsync(echo.AsMemory(received), ct);
            if (count == 0)
            {
                throw new ToolException("the server ended the connection too early", ExitCode.Network);
            }
            received += count;
        }
        return connection;
    }
}
