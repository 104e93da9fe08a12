# torchrun_test.sh EXECUTABLE PYTHON: two ranks started by torchrun train and leave one run; when one
# is killed, torchrun starts both again and they go on from the last checkpoint.
week=$1 python=$2
"$python" -c 'import torch' 2>/dev/null || { echo "no Python with torch at $python: skipped"; exit 77; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
image=$(dirname "$0")/../reference/image.jpg
for class in a b; do for part in train val; do
  mkdir -p "$folder/images/$part/$class"
  cp "$image" "$folder/images/$part/$class/1.jpg"
  cp "$image" "$folder/images/$part/$class/2.jpg"
done; done

# train OUT EPOCHS [FLAG OF TORCHRUN...]
train() {
  out=$1 epochs=$2; shift 2
  "$python" -m torch.distributed.run --no-python --nproc-per-node 2 "$@" "$week" train \
    --images "$folder/images" --network resnet18 --width 8 --sizes 32 --val-size 32 --batch-size 4 \
    --epochs "$epochs" --save-every-s 0.2 --threads 1 --out "$out"
}

train "$folder/run" 2 || exit 1
grep -q '"ranks": 2' "$folder/run/result.json" || exit 1

train "$folder/killed" 300 --max-restarts 1 > "$folder/said" 2>&1 &
torchrun=$!
for _ in $(seq 600); do
  ls "$folder/killed/checkpoint" 2>/dev/null | grep -q '^step-.*safetensors$' && break
  sleep 0.1
done
for process in /proc/[0-9]*; do
  tr '\0' '\n' < "$process/environ" 2>/dev/null | grep -qx RANK=1 &&
    tr '\0' '\n' < "$process/cmdline" | grep -qx "$folder/killed" && kill -9 "${process#/proc/}" && killed=yes
done
wait $torchrun && [ "$killed" = yes ] && grep -q 'going on after step' "$folder/killed/log.txt" &&
  grep -q '"ranks": 2' "$folder/killed/result.json" || { cat "$folder/said"; exit 1; }
