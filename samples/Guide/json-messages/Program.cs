using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Zocalo;

// Each line is one JSON object, and each object a message.
var protocol = Frames.Lines(maxFrameLength: 4096).Map<Message, Message>(Read, Write).WithRepliesById(new Numbers());
// The server: a client that sends its name is found under that name from then on.
var rooms = new PeerDirectory<string, Message, Message>();
await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", protocol, async (peer, ct) =>
{
    await foreach (var message in peer.ReadAllAsync(ct))
    {
        if (message is Login login)
        { rooms.Bind(login.Name, peer); await peer.SendAsync(new Answer("welcome") { Number = login.Number }, ct); }
    }
});
await using var roof = await LogInAsync("roof", "-3.25 °C");
await using var kitchen = await LogInAsync("kitchen", "21.5 °C");

// From anywhere in the server's program: a request to one client, by its name.
foreach (var name in (string[])["kitchen", "roof", "cellar"])
{
    try { Console.WriteLine($"{name}: {await rooms.RequestAsync(name, new Question("temperature"), TimeSpan.FromSeconds(5))}"); }
    catch (PeerOfflineException problem) { Console.WriteLine(problem.Message); }
}

// A thermometer: its login is a request too, and then it answers requests.
async Task<FramedConnection<Message, Message>> LogInAsync(string name, string temperature)
{
    var client = await Connector.ConnectAsync(server.LocalAddress, protocol);
    Console.WriteLine($"{name}: {await client.RequestAsync(new Login(name))}");
    _ = AnswerAsync();
    return client;
    async Task AnswerAsync()
    {
        await foreach (var question in client.ReadAllAsync())
        { await client.SendAsync(new Answer(temperature) { Number = question.Number }); }
    }
}

static Message Read(Frame line) =>
    JsonSerializer.Deserialize(line.Span, Json.Default.Message) ?? throw new JsonException("null is no message");
static void Write(Message message, IBufferWriter<byte> into)
{ using var json = new Utf8JsonWriter(into); JsonSerializer.Serialize(json, message, Json.Default.Message); }

[JsonDerivedType(typeof(Login), "login"), JsonDerivedType(typeof(Question), "question"), JsonDerivedType(typeof(Answer), "answer")]
internal abstract record Message { public long Number { get; init; } }
internal sealed record Login(string Name) : Message;
internal sealed record Question(string Of) : Message;
internal sealed record Answer(string Text) : Message;
[JsonSerializable(typeof(Message)), JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
internal sealed partial class Json : JsonSerializerContext;
internal sealed class Numbers : ICorrelation<Message, Message>
{
    public Message WithId(Message request, long id) => request with { Number = id };
    public bool TryGetReplyId(Message message, out long id) { id = message.Number; return message is Answer; }
}
