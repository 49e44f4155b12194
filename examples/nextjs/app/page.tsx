import Image from "next/image";

const labels = ["fox", "pizza", "rocket", "penguin"];

export default function Page() {
  return (
    <main>
      {labels.map((label) => (
        <Image
          key={label}
          src={`/image/${label}?seed=0`}
          alt={label}
          width={128}
          height={128}
          unoptimized
          style={{ imageRendering: "pixelated" }}
        />
      ))}
    </main>
  );
}
