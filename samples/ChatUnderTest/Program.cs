using ChatUnderTest;
using Zocalo.Testing;

try
{
    await ChatTest.TheLastOneLeavesAnEmptyRoom<HastyRoom>();
    Console.WriteLine("HastyRoom passes: this seed does not show the bug");
}
catch (SeedFailedException failed)
{
    Console.WriteLine($"HastyRoom: {failed.Message}");
}
await ChatTest.TheLastOneLeavesAnEmptyRoom<CarefulRoom>();
Console.WriteLine("CarefulRoom passes");
